using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ChaserEmu.Browsers.Local;

/// <summary>Signals all processes of a browser at once. If only the main process of Chrome is killed, its children run on for a moment.</summary>
internal static partial class ProcessGroup
{
    /// <summary>The exit code of a process killed by SIGKILL, for example by the out-of-memory killer.</summary>
    public const int KilledExitCode = 128 + Kill;

    private const int Kill = 9;
    private const int NoSuchProcess = 3;
    private static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;
    private static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(10);

    public static void KillAll(int group) => SendSignal(-group, Kill);

    public static void Freeze(int group) => SendSignal(-group, Stop);

    public static void Thaw(int group) => SendSignal(-group, Continue);

    /// <summary>Waits until no process of the group is alive, at most 10 s: a process in uninterruptible sleep survives even SIGKILL.</summary>
    public static async Task WaitForExitAsync(int group)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var wait = 1; IsAlive(group) && TimeProvider.System.GetElapsedTime(started) < ExitTimeout; wait = Math.Min(wait * 2, 50))
            await Task.Delay(TimeSpan.FromMilliseconds(wait), TimeProvider.System);
    }

    /// <summary>Returns the ids of processes that have an argument with this prefix.</summary>
    public static IEnumerable<int> FindByArgument(string argument)
    {
        foreach (var pid in ListProcesses())
        {
            string commandLine;
            try
            {
                commandLine = File.ReadAllText($"/proc/{pid}/cmdline", Encoding.UTF8);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            // Zero bytes separate the arguments, or spaces: Chrome replaces them by a title if DBUS_SESSION_BUS_ADDRESS is set.
            if ($" {commandLine.Replace('\0', ' ')}".Contains($" {argument}", StringComparison.Ordinal)) yield return pid;
        }
    }

    /// <summary>Returns whether a process is the leader of its process group.</summary>
    public static bool IsLeader(int pid) => Read(pid) is { } process && process.Group == pid;

    private static bool IsAlive(int group)
    {
        if (SendSignal(-group, 0) != 0 && Marshal.GetLastPInvokeError() == NoSuchProcess) return false;

        // Zombies still accept signals, so they are excluded by their state.
        return !OperatingSystem.IsLinux() || ListProcesses().Any(pid => Read(pid) is { State: not ('Z' or 'X') } process && process.Group == group);
    }

    private static IEnumerable<int> ListProcesses() =>
        !Directory.Exists("/proc") ? [] : Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0);

    private static (char State, int Group)? Read(int pid)
    {
        try
        {
            // "pid (name) state parent group …". The name may contain any character, including parentheses (proc_pid_stat(5)).
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ', 4);
            return (fields[0][0], int.Parse(fields[2], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int pid, int signal);
}
