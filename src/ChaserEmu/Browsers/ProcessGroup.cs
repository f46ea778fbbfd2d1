using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ChaserEmu.Browsers;

/// <summary>A browser's whole family of processes, ended as one: a Chrome that is killed alone leaves its children for a moment.</summary>
internal static partial class ProcessGroup
{
    /// <summary>The exit code of a process that somebody has killed (SIGKILL): the system, when memory runs out, or a person.</summary>
    public const int KilledExitCode = 128 + Kill;

    private const int Kill = 9;
    private const int NoSuchProcess = 3;
    private static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19;
    private static readonly int Continue = OperatingSystem.IsMacOS() ? 19 : 18;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static void KillAll(int group) => SendSignal(-group, Kill);

    public static void Freeze(int group) => SendSignal(-group, Stop);

    public static void Thaw(int group) => SendSignal(-group, Continue);

    /// <summary>Waits until no process of the group is alive, though no longer than ten seconds: what even SIGKILL cannot end, the kernel holds.</summary>
    public static async Task WaitForExitAsync(int group)
    {
        var began = TimeProvider.System.GetTimestamp();
        for (var wait = 1; IsAlive(group) && TimeProvider.System.GetElapsedTime(began) < Patience; wait = Math.Min(wait * 2, 50))
            await Task.Delay(TimeSpan.FromMilliseconds(wait), TimeProvider.System);
    }

    /// <summary>The processes that were started with an argument of this beginning.</summary>
    public static IEnumerable<int> FindByArgument(string argument)
    {
        foreach (var pid in Processes())
        {
            string arguments;
            try
            {
                arguments = File.ReadAllText($"/proc/{pid}/cmdline", Encoding.UTF8);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue;
            }

            if (arguments.Split('\0').Any(a => a.StartsWith(argument, StringComparison.Ordinal))) yield return pid;
        }
    }

    /// <summary>Whether a process leads a group, which it then can be ended with.</summary>
    public static bool IsLeader(int pid) => Read(pid) is { } process && process.Group == pid;

    private static bool IsAlive(int group)
    {
        if (SendSignal(-group, 0) != 0 && Marshal.GetLastPInvokeError() == NoSuchProcess) return false;

        // The dead whom nobody has buried still answer to signals.
        return !OperatingSystem.IsLinux() || Processes().Any(pid => Read(pid) is { State: not ('Z' or 'X') } process && process.Group == group);
    }

    private static IEnumerable<int> Processes() =>
        !Directory.Exists("/proc") ? [] : Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0);

    private static (char State, int Group)? Read(int pid)
    {
        try
        {
            // "pid (name) state parent group …", where a name may hold anything, also brackets.
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
