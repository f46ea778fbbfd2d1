using System.Diagnostics;
using System.Globalization;
using ChaserEmu.Browsers.Local;
using ChaserEmu.Platform;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Browsers;

public sealed class ProfileFoldersTests
{
    /// <param name="format">How the browser shows its profile. Chrome may replace its arguments by a title with spaces between them.</param>
    [Theory]
    [InlineData("--user-data-dir={0}")]
    [InlineData("--no-first-run --user-data-dir={0} --mute-audio")]
    public async Task Opening_cleans_up_after_dead_emulators_and_keeps_running_ones(string format)
    {
        using var running = ProfileFolders.Open(NullLogger.Instance);
        var dead = Path.Combine(Path.GetDirectoryName(running.Root)!, $"dead{Guid.NewGuid().ToString("N")[..4]}");
        Directory.CreateDirectory(Path.Combine(dead, "p1"));
        using var orphan = await StartFakeBrowserAsync(dead, format);
        using var neighbour = await StartFakeBrowserAsync(running.Root, format);

        // A lock file that no process holds marks the root of a crashed emulator.
        await File.WriteAllTextAsync($"{dead}.lock", "");
        using var opened = ProfileFolders.Open(NullLogger.Instance);

        await orphan.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(Directory.Exists(dead) || File.Exists($"{dead}.lock"));
        Assert.True(Directory.Exists(running.Root));
        Assert.False(neighbour.HasExited);
        Assert.NotEqual(running.Root, opened.Root);
        neighbour.Kill(entireProcessTree: true);
    }

    [Fact]
    public void A_stale_lock_file_without_a_folder_is_removed()
    {
        using var running = ProfileFolders.Open(NullLogger.Instance);
        var dead = $"{Path.GetDirectoryName(running.Root)!}/dead{Guid.NewGuid().ToString("N")[..4]}.lock";
        File.WriteAllText(dead, "");

        using var opened = ProfileFolders.Open(NullLogger.Instance);

        Assert.False(File.Exists(dead));
        Assert.True(File.Exists($"{running.Root}.lock"));
    }

    [Theory]
    [InlineData(".lock")]
    [InlineData("..lock")]
    [InlineData("notes.lock")]
    [InlineData("ABCDEF12.lock")]
    [InlineData("abcdef123.lock")]
    public void A_lock_file_with_another_name_removes_nothing(string name)
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        var baseFolder = Path.Combine(folder, "base");
        using (var running = ProfileFolders.Open(NullLogger.Instance, baseFolder))
        {
            Directory.CreateDirectory(Path.Combine(running.Root, "p1"));
            var other = Directory.CreateDirectory(Path.Combine(baseFolder, Path.ChangeExtension(name, null), "kept")).FullName;
            File.WriteAllText(Path.Combine(baseFolder, name), "");

            using var opened = ProfileFolders.Open(NullLogger.Instance, baseFolder);

            Assert.True(Directory.Exists(Path.Combine(running.Root, "p1")));
            Assert.True(Directory.Exists(other));
            Assert.True(File.Exists(Path.Combine(baseFolder, name)));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_sweep_does_not_follow_links()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        var baseFolder = Path.Combine(folder, "base");
        PrivateFolder.Create(baseFolder);
        var outside = Directory.CreateDirectory(Path.Combine(folder, "outside", "kept")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(baseFolder, "0123abcd"), Path.GetDirectoryName(outside)!);
        File.WriteAllText(Path.Combine(baseFolder, "0123abcd.lock"), "");

        using (ProfileFolders.Open(NullLogger.Instance, baseFolder))
        {
            Assert.True(Directory.Exists(outside));
            Assert.False(Path.Exists(Path.Combine(baseFolder, "0123abcd")) || File.Exists(Path.Combine(baseFolder, "0123abcd.lock")));
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Each emulator sweeps while the others create their folders.</summary>
    [Fact]
    public async Task Emulators_that_start_concurrently_do_not_remove_each_others_folders()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => ProfileFolders.Open(NullLogger.Instance))));

        Assert.All(opened, profiles => Assert.True(Directory.Exists(profiles.Root) && File.Exists($"{profiles.Root}.lock")));
        Assert.Equal(opened.Length, opened.DistinctBy(profiles => profiles.Root).Count());
        foreach (var profiles in opened) profiles.Dispose();
        Assert.All(opened, profiles => Assert.False(Directory.Exists(profiles.Root) || File.Exists($"{profiles.Root}.lock")));
    }

    [Fact]
    public void Disposing_removes_the_root_folder()
    {
        var profiles = ProfileFolders.Open(NullLogger.Instance);
        Directory.CreateDirectory(profiles.Next());
        Assert.True(Directory.Exists(profiles.Root));

        profiles.Dispose();

        Assert.False(Directory.Exists(profiles.Root));
    }

    /// <summary>Starts a process that looks like a browser of that root: a group leader with a profile path as argument.</summary>
    private static async Task<Process> StartFakeBrowserAsync(string root, string format)
    {
        var browser = Process.Start("setsid", ["sh", "-c", "while :; do sleep 1000; done", string.Format(CultureInfo.InvariantCulture, format, $"{root}/p1")]);

        // Waits until setsid has run and has replaced itself by the shell.
        await Eventually.IsTrueAsync(() => GetProcessGroup(browser.Id) == browser.Id && File.ReadAllText($"/proc/{browser.Id}/cmdline").StartsWith("sh\0", StringComparison.Ordinal));
        return browser;
    }

    private static int GetProcessGroup(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[2], CultureInfo.InvariantCulture);
    }
}
