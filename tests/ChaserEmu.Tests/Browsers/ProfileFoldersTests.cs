using System.Diagnostics;
using ChaserEmu.Browsers;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Browsers;

public sealed class ProfileFoldersTests
{
    [Fact]
    public async Task Opening_cleans_up_after_dead_emulators_and_keeps_running_ones()
    {
        using var living = ProfileFolders.Open(NullLogger.Instance);
        var dead = Path.Combine(Path.GetDirectoryName(living.Root)!, $"dead{Guid.NewGuid().ToString("N")[..4]}");
        Directory.CreateDirectory(Path.Combine(dead, "p1"));
        using var orphan = await StrayAsync(dead);
        using var neighbour = await StrayAsync(living.Root);

        // From here on it looks like one that nobody owns.
        await File.WriteAllTextAsync($"{dead}.lock", "");
        using var opened = ProfileFolders.Open(NullLogger.Instance);

        await orphan.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(Directory.Exists(dead) || File.Exists($"{dead}.lock"));
        Assert.True(Directory.Exists(living.Root));
        Assert.False(neighbour.HasExited);
        Assert.NotEqual(living.Root, opened.Root);
        neighbour.Kill(entireProcessTree: true);
    }

    [Fact]
    public void A_stale_lock_file_without_a_folder_is_removed()
    {
        using var living = ProfileFolders.Open(NullLogger.Instance);
        var dead = $"{Path.GetDirectoryName(living.Root)!}/dead{Guid.NewGuid().ToString("N")[..4]}.lock";
        File.WriteAllText(dead, "");

        using var opened = ProfileFolders.Open(NullLogger.Instance);

        Assert.False(File.Exists(dead));
        Assert.True(File.Exists($"{living.Root}.lock"));
    }

    /// <summary>Each sweeps what the others are only just making.</summary>
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

    /// <summary>A process that looks like a browser of that root: a leader with its profile in an argument.</summary>
    private static async Task<Process> StrayAsync(string root)
    {
        var stray = Process.Start("setsid", ["sh", "-c", "while :; do sleep 1000; done", $"--user-data-dir={root}/p1"]);

        // A leader, and the shell: what it starts as is neither yet.
        await Eventually.IsTrueAsync(() => Leader(stray.Id) == stray.Id && File.ReadAllText($"/proc/{stray.Id}/cmdline").StartsWith("sh\0", StringComparison.Ordinal));
        return stray;
    }

    private static int Leader(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture);
    }
}
