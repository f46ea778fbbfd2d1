using System.Diagnostics;
using System.Globalization;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Trust;

/// <summary>
/// Where there may be no more processes the emulator runs, but its browsers cannot. .NET would end it if it wanted a thread and got none,
/// so the last are not for browsers.
/// </summary>
[Trait("Needs", "Chrome")]
public sealed class ProcessExhaustionTests : IDisposable
{
    /// <summary>Enough for the emulator's own threads, which the system counts as processes, and for no browser's.</summary>
    private const int Few = 32;

    /// <summary>The limit is for all that a user runs, so it is one of whom there is nothing else.</summary>
    private readonly int _user = 1_000_000 + Environment.ProcessId;

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [FactWithUsers]
    public async Task At_the_process_limit_sessions_end_in_error_and_browsers_start_once_it_is_raised()
    {
        await using var emulator = EmulatorProcess.LaunchAfter(
            $"chown -R {_user} {_folder}; HOME={_folder} exec prlimit --nproc={Few}:10000 {FactWithUsersAttribute.GetCommandPrefix(_user)} \"$0\" \"$@\" 2>&1;", _folder);
        await emulator.WaitUntilListeningAsync();
        using var client = emulator.CreateClient();
        using var test = emulator.CreateClient(Emulator.TestKey);

        // Else the first session would take the one that is to be warm, and tell of it in its place.
        await Eventually.IsTrueAsync(() => emulator.OutputLines.Any(line => line.Contains("No browser could be kept warm", StringComparison.Ordinal)));
        for (var i = 0; i < 3; i++) Assert.Equal("error", (await client.CreateReadySessionAsync()).Text("status"));
        Assert.Equal("ready", (await test.CreateReadySessionAsync()).Text("status"));
        Assert.Empty(emulator.GetChildProcesses());
        Assert.Empty(emulator.GetProfileFolders());

        using (var raise = Process.Start("/bin/sh", ["-c", $"{FactWithUsersAttribute.GetCommandPrefix(_user)} prlimit --pid {emulator.Id} --nproc=9000:10000"]))
        {
            await raise.WaitForExitAsync();
            Assert.Equal(0, raise.ExitCode);
        }

        var session = await client.CreateReadySessionAsync();
        Assert.Equal("ready", session.Text("status"));
        var browsers = emulator.GetChildProcesses();
        Assert.NotEmpty(browsers);
        Assert.All(browsers, browser => Assert.Equal(9000 - Kept, SoftLimit(browser)));
        await Eventually.GetAsync(() => client.GetAsync("/readyz"), answer => answer.IsSuccessStatusCode);

        var complaints = emulator.OutputLines.Where(line => !line.Contains(" info: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, complaints.Count(line => line.Contains("could not become ready", StringComparison.Ordinal)));
        Assert.Single(complaints, line => line.Contains("No browser could be kept warm", StringComparison.Ordinal));
        Assert.Equal(4, complaints.Count);
        Assert.All(complaints, line => Assert.Contains(Complaint, line, StringComparison.Ordinal));
        Assert.Single(emulator.OutputLines, line => line.Contains("Browsers start again", StringComparison.Ordinal));
        Assert.Equal(0, await emulator.StopAsync());
    }

    [FactWithControlGroups]
    public async Task The_emulator_survives_the_pids_limit_of_its_container()
    {
        using var group = new ControlGroup();
        group.SetProcessLimit($"{Kept + 59}");
        await using var emulator = EmulatorProcess.LaunchAfter($"echo $$ > {group.ProcessesFile}; exec \"$0\" \"$@\" 2>&1;", _folder);
        await emulator.WaitUntilListeningAsync();
        using var client = emulator.CreateClient();
        using var test = emulator.CreateClient(Emulator.TestKey);

        await Eventually.IsTrueAsync(() => emulator.OutputLines.Any(line => line.Contains("No browser could be kept warm", StringComparison.Ordinal)));
        Assert.Equal("error", (await client.CreateReadySessionAsync()).Text("status"));
        Assert.Equal("ready", (await test.CreateReadySessionAsync()).Text("status"));
        var warnings = emulator.OutputLines.Where(line => !line.Contains(" info: ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(warnings);
        Assert.All(warnings, line => Assert.Contains(Complaint, line, StringComparison.Ordinal));
        Assert.Equal("max 0", group.Events);

        group.SetProcessLimit("max");
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
        Assert.Equal(0, await emulator.StopAsync());
    }

    /// <summary>What is kept for the emulator: 16, and one for each core.</summary>
    private static int Kept => 16 + Environment.ProcessorCount;

    private static string Complaint =>
        $"The browser '{BrowserLocator.Find(null)}' did not start: there may be no more processes. Allow more (ulimit -u, TasksMax of a service, --pids-limit of a container); a browser needs some 60.";

    private static int SoftLimit(int process) =>
        int.Parse(File.ReadLines($"/proc/{process}/limits").Single(line => line.StartsWith("Max processes", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

/// <summary>A test that acts as another user; skipped where that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithUsersAttribute : FactAttribute
{
    public FactWithUsersAttribute()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || BrowserLocator.FindOnPath("setpriv") is null) Skip = "Only root may act as another user (Linux, with setpriv).";
    }

    /// <summary>What a shell is to say before a command.</summary>
    public static string GetCommandPrefix(int user) => $"setpriv --reuid {user} --regid {user} --clear-groups";
}

/// <summary>A control group of processes, as a container has one.</summary>
internal sealed class ControlGroup : IDisposable
{
    private static readonly string[] Places = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];

    private readonly string _folder = Path.Combine(Root!, $"chaser-emu-test-{Environment.ProcessId}");

    public ControlGroup() => Directory.CreateDirectory(_folder);

    /// <summary>Where those of version 1 are, or of version 2 that count processes; null without.</summary>
    public static string? Root => Places.FirstOrDefault(root =>
        File.Exists(Path.Combine(root, "cgroup.procs"))
        && (!File.Exists(Path.Combine(root, "cgroup.subtree_control")) || File.ReadAllText(Path.Combine(root, "cgroup.subtree_control")).Contains("pids", StringComparison.Ordinal)));

    /// <summary>The file that takes the processes which join.</summary>
    public string ProcessesFile => Path.Combine(_folder, "cgroup.procs");

    /// <summary>How often a process was refused, as the system says it: <c>max 0</c>.</summary>
    public string Events => File.ReadAllText(Path.Combine(_folder, "pids.events")).Trim();

    public void SetProcessLimit(string processes) => File.WriteAllText(Path.Combine(_folder, "pids.max"), processes);

    public void Dispose() => Directory.Delete(_folder);
}

/// <summary>A test in a control group of its own; skipped where that cannot be made.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithControlGroupsAttribute : FactAttribute
{
    public FactWithControlGroupsAttribute()
    {
        try
        {
            if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || ControlGroup.Root is null) Skip = "Only root may make a control group that counts processes (Linux).";
            else new ControlGroup().Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Skip = $"No control group can be made here: {e.Message}";
        }
    }
}
