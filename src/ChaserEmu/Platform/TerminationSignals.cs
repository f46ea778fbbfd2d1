using System.Diagnostics;
using System.Runtime.InteropServices;

namespace ChaserEmu.Platform;

/// <summary>
/// Handles SIGTERM, SIGINT (Ctrl+C) and SIGHUP (closed terminal). .NET leaves a signal ignored that was ignored at the start, so
/// <c>nohup</c> works.
/// </summary>
internal static partial class TerminationSignals
{
    private static readonly CancellationTokenSource Source = new();
    private static PosixSignalRegistration[] _registrations = [];
    private static int _number;

    /// <summary>Gets the exit code of a command that a signal interrupted: 128 plus the signal's number, as in a shell. Null before the first signal.</summary>
    public static int? InterruptedExitCode => Volatile.Read(ref _number) is > 0 and var number ? 128 + number : null;

    /// <summary>Handles the signals until the process exits, and returns the token that the first one cancels.</summary>
    public static CancellationToken Register()
    {
        // Tests read from /proc that SIGHUP is handled, so it is the last one.
        _registrations = [Register(PosixSignal.SIGTERM, 15), Register(PosixSignal.SIGINT, 2), Register(PosixSignal.SIGHUP, 1)];
        return Source.Token;
    }

    /// <summary>Asks a process to end, with SIGTERM. Windows has no such signal: there the process is killed, and the next start of the emulator cleans up.</summary>
    public static void Send(Process process)
    {
        if (OperatingSystem.IsWindows()) process.Kill();
        else _ = SendSignal(process.Id, 15);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SendSignal(int pid, int signal);

    private static PosixSignalRegistration Register(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _number, number, 0) == 0) Source.Cancel();
    });
}
