using System.Diagnostics;
using System.Globalization;
using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Trust;

/// <summary>
/// Runs the emulator at the process limit: the emulator keeps running, but browsers cannot start. The last processes are reserved for the
/// emulator, because .NET exits the process if it cannot create a thread.
/// </summary>
[Trait("Needs", "Chrome")]
public sealed class ProcessExhaustionTests : IDisposable
{
    /// <summary>Enough for the emulator's threads, which Linux counts as processes, but not for a browser.</summary>
    private const int LowLimit = 32;

    /// <summary>The limit applies to all processes of a user, so the test uses a user id without other processes.</summary>
    private readonly int _user = 1_000_000 + Environment.ProcessId;

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [FactWithUsers]
    public async Task At_the_process_limit_sessions_end_in_error_and_browsers_start_once_it_is_raised()
    {
        await using var emulator = EmulatorProcess.LaunchAfter(
            $"chown -R {_user} {_folder}; HOME={_folder} exec prlimit --nproc={LowLimit}:10000 {FactWithUsersAttribute.GetCommandPrefix(_user)} \"$0\" \"$@\" 2>&1;", _folder);
        await emulator.WaitUntilListeningAsync();
        using var client = emulator.CreateClient();
        using var test = emulator.CreateClient(Emulator.TestKey);

        // Otherwise the first session would take over the start of the warm browser, and its failure would be logged for the session.
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
        Assert.All(browsers, browser => Assert.Equal(9000 - Reserved, GetSoftLimit(browser)));
        await Eventually.GetAsync(() => client.GetAsync("/readyz"), response => response.IsSuccessStatusCode);

        var warnings = emulator.Warnings.ToList();
        Assert.Equal(3, warnings.Count(line => line.Contains("could not become ready", StringComparison.Ordinal)));
        Assert.Single(warnings, line => line.Contains("No browser could be kept warm", StringComparison.Ordinal));
        Assert.Equal(4, warnings.Count);
        Assert.All(warnings, line => Assert.Contains(ProcessLimitMessage, line, StringComparison.Ordinal));
        Assert.Single(emulator.OutputLines, line => line.Contains("A browser started again", StringComparison.Ordinal));
        Assert.Equal(0, await emulator.StopAsync());
    }

    [FactWithControlGroups]
    public async Task The_emulator_survives_the_pids_limit_of_its_container()
    {
        using var group = new ControlGroup();
        group.SetProcessLimit($"{Reserved + 59}");
        await using var emulator = EmulatorProcess.LaunchAfter($"echo $$ > {group.ProcessesFile}; exec \"$0\" \"$@\" 2>&1;", _folder);
        await emulator.WaitUntilListeningAsync();
        using var client = emulator.CreateClient();
        using var test = emulator.CreateClient(Emulator.TestKey);

        await Eventually.IsTrueAsync(() => emulator.OutputLines.Any(line => line.Contains("No browser could be kept warm", StringComparison.Ordinal)));
        Assert.Equal("error", (await client.CreateReadySessionAsync()).Text("status"));
        Assert.Equal("ready", (await test.CreateReadySessionAsync()).Text("status"));
        var warnings = emulator.Warnings.ToList();
        Assert.NotEmpty(warnings);
        Assert.All(warnings, line => Assert.Contains(ProcessLimitMessage, line, StringComparison.Ordinal));
        Assert.Equal("max 0", group.Events);

        group.SetProcessLimit("max");
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
        Assert.Equal(0, await emulator.StopAsync());
    }

    /// <summary>The number of processes reserved for the emulator: 16 plus one per core.</summary>
    private static int Reserved => 16 + Environment.ProcessorCount;

    private static string ProcessLimitMessage =>
        $"The browser '{BrowserLocator.Find(null)}' did not start: the process limit is reached. Raise the limit (ulimit -u, TasksMax of a service, --pids-limit of a container). A browser needs about 60 processes and threads.";

    private static int GetSoftLimit(int process) =>
        int.Parse(File.ReadLines($"/proc/{process}/limits").Single(line => line.StartsWith("Max processes", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[2], CultureInfo.InvariantCulture);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

/// <summary>A test that runs processes as another user. Skipped if that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithUsersAttribute : FactAttribute
{
    public FactWithUsersAttribute()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || BrowserLocator.FindOnPath("setpriv") is null) Skip = "Cannot run processes as another user. Needs root, Linux and setpriv.";
    }

    /// <summary>Returns the shell prefix that runs a command as this user.</summary>
    public static string GetCommandPrefix(int user) => $"setpriv --reuid {user} --regid {user} --clear-groups";

    public static void ChangeOwner(string path, int user)
    {
        using var chown = Process.Start("chown", ["-h", $"{user}", path]);
        chown.WaitForExit();
        Assert.Equal(0, chown.ExitCode);
    }
}

/// <summary>A Linux control group (cgroup), as a container has one.</summary>
internal sealed class ControlGroup : IDisposable
{
    private static readonly string[] RootCandidates = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"];

    private readonly string _folder = Path.Combine(Root!, $"chaser-emu-test-{Environment.ProcessId}");

    public ControlGroup() => Directory.CreateDirectory(_folder);

    /// <summary>The root folder of cgroup v1, or of cgroup v2 with the pids controller. Null if there is none.</summary>
    public static string? Root => RootCandidates.FirstOrDefault(root =>
        File.Exists(Path.Combine(root, "cgroup.procs"))
        && (!File.Exists(Path.Combine(root, "cgroup.subtree_control")) || File.ReadAllText(Path.Combine(root, "cgroup.subtree_control")).Contains("pids", StringComparison.Ordinal)));

    /// <summary>The file to which a process id is written to add that process to the group.</summary>
    public string ProcessesFile => Path.Combine(_folder, "cgroup.procs");

    /// <summary>The content of pids.events: how often the limit was reached, such as <c>max 0</c>.</summary>
    public string Events => File.ReadAllText(Path.Combine(_folder, "pids.events")).Trim();

    public void SetProcessLimit(string processes) => File.WriteAllText(Path.Combine(_folder, "pids.max"), processes);

    public void Dispose() => Directory.Delete(_folder);
}

/// <summary>A test that creates a control group. Skipped if that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithControlGroupsAttribute : FactAttribute
{
    public FactWithControlGroupsAttribute()
    {
        try
        {
            if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || ControlGroup.Root is null) Skip = "Cannot create a control group with the pids controller. Needs root and Linux.";
            else new ControlGroup().Dispose();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Skip = $"Cannot create a control group: {exception.Message}";
        }
    }
}
