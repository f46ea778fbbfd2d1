using System.Runtime.InteropServices;

namespace ChaserEmu.Platform;

/// <summary>
/// Handles SIGTERM, SIGINT (Ctrl+C) and SIGHUP (closed terminal). .NET leaves a signal ignored that was ignored at the start, so
/// <c>nohup</c> works.
/// </summary>
internal static class TerminationSignals
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

    private static PosixSignalRegistration Register(PosixSignal signal, int number) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        if (Interlocked.CompareExchange(ref _number, number, 0) == 0) Source.Cancel();
    });
}
