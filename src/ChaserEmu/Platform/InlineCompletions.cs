using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace ChaserEmu.Platform;

/// <summary>
/// Runs the continuation of a socket operation inline, on the thread that polls all sockets of the process (epoll, kqueue). By default
/// .NET queues it to the thread pool, which costs more than copying a few bytes. Inline continuations must not block or loop.
/// Await <see cref="SwitchToThreadPool"/> to leave the polling thread.
/// </summary>
/// <remarks>
/// Publicly, .NET offers this for all sockets or none (DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS). For a single socket the property is
/// internal. Where it does not exist, as on Windows, continuations run on the thread pool. A test fails if .NET removes the property.
/// </remarks>
internal static class InlineCompletions
{
    private static readonly Action<Socket, bool>? SetPreferInline = typeof(Socket)
        .GetProperty("PreferInlineCompletions", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.SetMethod?.CreateDelegate<Action<Socket, bool>>();

    /// <summary>Gets whether this .NET runtime has the internal property.</summary>
    public static bool IsSupported => SetPreferInline is not null;

    /// <summary>Sets how continuations of a socket's operations run, also of operations that are pending. Does nothing if not supported.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="on">True to run them inline; false to run them on the thread pool.</param>
    public static void Set(Socket socket, bool on) => SetPreferInline?.Invoke(socket, on);

    /// <summary>Await this to continue on a thread of the thread pool.</summary>
    public static ConfiguredTaskAwaitable SwitchToThreadPool() => Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}

/// <summary>Limits how many operations in a row a loop completes synchronously. A loop that never waits would block the thread that polls all sockets.</summary>
internal struct InlineBudget
{
    private const int MaxSynchronousOperations = 8;

    private int _synchronousOperations;

    /// <summary>Counts one operation. Returns true after eight synchronous operations in a row; the loop must then switch to the thread pool.</summary>
    /// <param name="hasWaited">Whether the operation waited, which has released the thread and resets the count.</param>
    public bool IsExhausted(bool hasWaited)
    {
        _synchronousOperations = hasWaited ? 0 : (_synchronousOperations % MaxSynchronousOperations) + 1;
        return _synchronousOperations == MaxSynchronousOperations;
    }
}
