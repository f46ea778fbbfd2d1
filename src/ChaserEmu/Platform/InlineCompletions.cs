using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace ChaserEmu.Platform;

/// <summary>
/// Lets what waits for a socket go on at once, on the thread that has heard from the system. That one thread listens for all sockets of
/// the process; .NET hands each to another one, so that nobody keeps it. Where all there is to do is to pass some bytes on, the hand-over
/// costs more than the work. Whoever goes on at once must neither wait nor go on for ever: <see cref="SwitchToThreadPool"/> is the way out.
/// </summary>
/// <remarks>
/// In public .NET has this for all sockets or none (DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS); of a single one it is internal. Where
/// it is not to be found, as on Windows, everything works the usual way. A test tells when it has gone from the .NET that we build with.
/// </remarks>
internal static class InlineCompletions
{
    private static readonly Action<Socket, bool>? Switch = typeof(Socket)
        .GetProperty("PreferInlineCompletions", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.SetMethod?.CreateDelegate<Action<Socket, bool>>();

    public static bool IsSupported => Switch is not null;

    /// <param name="socket">Whatever waits for it now, or will.</param>
    /// <param name="on">Whether to go on at once; else on a thread of the pool.</param>
    public static void Set(Socket socket, bool on) => Switch?.Invoke(socket, on);

    /// <summary>Whoever awaits it goes on on a thread of the pool.</summary>
    public static ConfiguredTaskAwaitable SwitchToThreadPool() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}

/// <summary>Counts what one loop gets without waiting. A loop that never waits keeps its thread, which may be that of all sockets.</summary>
internal struct InlineBudget
{
    private const int Longest = 8;

    private int _length;

    /// <summary>True when it is time to leave the thread.</summary>
    /// <param name="hasWaited">Whether the last round had to wait, which gives the thread back.</param>
    public bool IsExhausted(bool hasWaited)
    {
        _length = hasWaited ? 0 : (_length % Longest) + 1;
        return _length == Longest;
    }
}
