using ChaserEmu.Browsers.Local;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Tests.Skips;

namespace ChaserEmu.Tests.Browsers;

public sealed class ChromeEnvironmentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Home => Path.Combine(_folder, "home");

    private string Profile => Path.Combine(_folder, "p1");

    [FactWithChromium]
    [Trait("Needs", "Chrome")]
    public async Task Full_Chromium_writes_nothing_outside_its_profile()
    {
        Directory.CreateDirectory(Home);
        await using var emulator = await EmulatorProcess.StartAfterAsync(
            $"export HOME={Home} XDG_CONFIG_HOME={Home}/.config XDG_CACHE_HOME={Home}/.cache XDG_RUNTIME_DIR={Home};", _folder, $"Browsers:Path={TestBrowsers.ChromiumPath}");
        using var client = emulator.CreateClient();
        var session = await client.CreateReadySessionAsync();

        // A click by a script is no user gesture.
        await using (var page = await CdpPage.OpenAsync(session))
            await page.EvaluateAsync<bool>("const a = document.createElement('a'); a.download = 'planted.txt'; a.href = 'data:text/plain,planted'; document.body.append(a); a.click(); true");
        var download = await Eventually.GetAsync(
            () => Task.FromResult(Directory.GetFiles(_folder, "planted.txt", SearchOption.AllDirectories).SingleOrDefault()), file => file is not null);

        Assert.Contains(emulator.GetProfileFolders(), profile => download!.StartsWith(profile + "/", StringComparison.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(Home));
        Assert.Equal([$"{emulator.TempFolder}/chaser-emu-{CurrentUser.Name}"], Directory.GetFileSystemEntries(emulator.TempFolder).Where(path => !IsOfRuntime(path)));
        (await client.DeleteAsync($"/v1/sessions/{session.Id()}")).EnsureSuccessStatusCode();
        await Eventually.IsTrueAsync(() => !File.Exists(download));
    }

    [FactWithCoreDumps]
    public async Task Chrome_writes_no_core_dumps_where_the_emulator_may()
    {
        var (script, limits) = (Path.Combine(_folder, "chrome-headless-shell"), Path.Combine(_folder, "limits"));
        File.WriteAllText(script, $"#!/bin/sh\necho $(ulimit -S -c) $(ulimit -H -c) > {limits}.new && mv {limits}.new {limits}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        await using var emulator = EmulatorProcess.LaunchAfter("ulimit -S -c $(ulimit -H -c);", _folder, $"Browsers:Path={script}");
        await Eventually.IsTrueAsync(() => File.Exists(limits));

        Assert.Equal("0 0\n", await File.ReadAllTextAsync(limits));
    }

    [Fact]
    public void Chrome_has_its_home_in_the_profile_and_no_connection_to_the_desktop()
    {
        var environment = new Dictionary<string, string?>
        {
            ["HOME"] = Home,
            ["TMPDIR"] = _folder,
            ["PATH"] = "/usr/bin",
            ["XDG_CONFIG_HOME"] = Home,
            ["XDG_CACHE_HOME"] = Home,
            ["XDG_DATA_HOME"] = Home,
            ["XDG_STATE_HOME"] = Home,
            ["XDG_RUNTIME_DIR"] = "/run/user/1000",
            ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/run/user/1000/bus",
            ["DISPLAY"] = ":0",
            ["WAYLAND_DISPLAY"] = "wayland-0",
            ["GOOGLE_API_KEY"] = "key",
            ["CHASER_EMU_Control__Token"] = "secret",
        };

        ChromeEnvironment.Apply(environment, Profile);

        Assert.Equal(
            new Dictionary<string, string?>
            {
                ["HOME"] = Path.Combine(Profile, "home"),
                ["TMPDIR"] = Profile,
                ["PATH"] = "/usr/bin",
                ["DBUS_SESSION_BUS_ADDRESS"] = "disabled:",
                ["DBUS_SYSTEM_BUS_ADDRESS"] = "disabled:",
            },
            environment);
        Assert.True(Directory.Exists(environment["HOME"]));
    }

    [Fact]
    public void A_profile_path_too_long_for_Chromes_socket_does_not_become_its_temporary_folder()
    {
        var environment = new Dictionary<string, string?> { ["TMPDIR"] = "/tmp" };

        ChromeEnvironment.Apply(environment, Path.Combine(_folder, new string('p', 64)));

        Assert.Equal("/tmp", environment["TMPDIR"]);
    }

    [Fact]
    public void Certificate_authorities_of_the_user_are_copied()
    {
        var database = Directory.CreateDirectory(Path.Combine(Home, ".pki", "nssdb")).FullName;
        File.WriteAllText(Path.Combine(database, "cert9.db"), "certificates");

        ChromeEnvironment.Apply(new Dictionary<string, string?> { ["HOME"] = Home }, Profile);

        Assert.Equal("certificates", File.ReadAllText(Path.Combine(Profile, "home", ".pki", "nssdb", "cert9.db")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>.NET's own files in the temporary folder: its diagnostics socket and its shared memory.</summary>
    private static bool IsOfRuntime(string path) => Path.GetFileName(path) is var name && (name.StartsWith("dotnet-diagnostic-", StringComparison.Ordinal) || name.StartsWith("clr-debug-pipe-", StringComparison.Ordinal) || name == ".dotnet");
}
