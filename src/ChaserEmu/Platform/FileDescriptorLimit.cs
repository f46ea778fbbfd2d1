using System.Net.Sockets;

namespace ChaserEmu.Platform;

/// <summary>
/// How many files the system lets us have open. Below some 250 not even our own code can be loaded, which .NET reports as a missing file;
/// and where no two are left for a new thread, .NET ends the process. So the last are not for what can be refused.
/// </summary>
internal static partial class FileDescriptorLimit
{
    private const int Needed = 512;
    private const int Scarce = 128;
    private const int Reserve = 64;
    private static readonly TimeSpan TellAgain = TimeSpan.FromMinutes(1);

    private static long _told;

    /// <summary>Why no more can be opened, and what to do.</summary>
    public static string NearLimitMessage => $"This process may have {ResourceLimit.OpenFiles.Soft} files open, and nearly has. {Remedy}";

    private static string Remedy => $"Raise the limit (ulimit -n {4 * Needed}, or LimitNOFILE of a service).";

    /// <summary>Why we cannot start, in words; null when there are enough, or it cannot be told.</summary>
    public static string? GetStartupError() => ResourceLimit.OpenFiles.Hard is var most && most < Needed
        ? $"ChaserEmu cannot start. It may have {most} files open, but needs {Needed} and some 20 for each session. {Remedy}"
        : null;

    /// <summary>
    /// Whether a socket that has just been opened is among the last: then nothing that takes more should begin. Said once a minute at most.
    /// The system gives the lowest free number, so that the number tells how many are open.
    /// </summary>
    public static bool IsNearLimit(Socket opened, ILogger logger)
    {
        if (Left(opened) >= Scarce) return false;
        Tell(logger);
        return true;
    }

    /// <summary>Whether it is one of those that are kept, and must be closed again at once.</summary>
    public static bool IsInReserve(Socket opened) => Left(opened) < Reserve;

    /// <exception cref="SocketException">It is one of those that are kept: what the system says to who has none left.</exception>
    public static void ThrowIfInReserve(Socket opened)
    {
        if (IsInReserve(opened)) throw new SocketException((int)SocketError.TooManyOpenSockets);
    }

    private static long Left(Socket opened) => OperatingSystem.IsWindows() ? long.MaxValue : (long)Math.Min(ResourceLimit.OpenFiles.Soft, long.MaxValue) - opened.Handle;

    private static void Tell(ILogger logger)
    {
        var (told, now) = (Interlocked.Read(ref _told), TimeProvider.System.GetTimestamp());
        if (told != 0 && TimeProvider.System.GetElapsedTime(told, now) < TellAgain) return;
        if (Interlocked.CompareExchange(ref _told, now, told) == told) LogScarce(logger, NearLimitMessage);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why} Until some are closed new connections are answered with 503, or refused, and no browser is started")]
    private static partial void LogScarce(ILogger logger, string why);
}
