using System.Net.Sockets;

namespace ChaserEmu.Platform;

/// <summary>
/// Checks the limit of open files (<c>ulimit -n</c>). With fewer than about 250, .NET cannot load our own assemblies and reports a
/// missing file. With fewer than two left, .NET cannot start a thread and ends the process. So the last 64 descriptors are reserved:
/// sockets which can be refused must not use them.
/// </summary>
internal static partial class FileDescriptorLimit
{
    private const int Required = 512;
    private const int NearLimit = 128;
    private const int Reserve = 64;
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private static long _lastLogged;

    /// <summary>Gets the message for users that the limit is nearly reached, and what to do.</summary>
    public static string NearLimitMessage => $"The open-file limit of {ResourceLimit.OpenFiles.Soft} is nearly reached. {Remedy}";

    private static string Remedy => $"Raise the limit (ulimit -n {4 * Required}, or LimitNOFILE of a service).";

    /// <summary>Returns the error message if the hard limit is too low to start; null if it is high enough or unknown.</summary>
    public static string? GetStartupError() => ResourceLimit.OpenFiles.Hard is var hard && hard < Required
        ? $"ChaserEmu cannot start. The open-file limit is {hard}, but {Required} are needed, plus about 20 per session. {Remedy}"
        : null;

    /// <summary>
    /// Returns whether fewer than 128 descriptors are left, and logs that at most once a minute. The caller must then not start
    /// work that opens more files. POSIX assigns the lowest free descriptor, so a new socket's number shows how many are open.
    /// </summary>
    public static bool IsNearLimit(Socket opened, ILogger logger)
    {
        if (GetRemaining(opened) >= NearLimit) return false;
        Log(logger);
        return true;
    }

    /// <summary>Returns whether the socket uses one of the 64 reserved descriptors. The caller must then close it at once.</summary>
    public static bool IsInReserve(Socket opened) => GetRemaining(opened) < Reserve;

    /// <exception cref="SocketException">The socket uses one of the reserved descriptors. The error code is the system's for "too many open files".</exception>
    public static void ThrowIfInReserve(Socket opened)
    {
        if (IsInReserve(opened)) throw new SocketException((int)SocketError.TooManyOpenSockets);
    }

    private static long GetRemaining(Socket opened) => OperatingSystem.IsWindows() ? long.MaxValue : (long)Math.Min(ResourceLimit.OpenFiles.Soft, long.MaxValue) - opened.Handle;

    private static void Log(ILogger logger)
    {
        var (lastLogged, now) = (Interlocked.Read(ref _lastLogged), TimeProvider.System.GetTimestamp());
        if (lastLogged != 0 && TimeProvider.System.GetElapsedTime(lastLogged, now) < LogInterval) return;
        if (Interlocked.CompareExchange(ref _lastLogged, now, lastLogged) == lastLogged) LogNearLimit(logger, NearLimitMessage);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Reason} Until files are closed, new connections get 503 or are dropped, and no browser starts")]
    private static partial void LogNearLimit(ILogger logger, string reason);
}
