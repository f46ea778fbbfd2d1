using System.Net.Sockets;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace ChaserEmu.Transport;

/// <summary>
/// Runs the continuation of a socket operation inline, on the thread that polls all sockets of the process (epoll, kqueue). By default
/// .NET queues it to the thread pool, which costs more than copying a few bytes. Inline continuations must not block or loop.
/// Await <see cref="SwitchToThreadPool"/> to leave the polling thread.
/// </summary>
/// <remarks>
/// Benchmark row tunnel-eight with two connections: 0.66 of direct, 0.51 with the thread pool (docs/speed.md). Row tunnel-connect: 0.71 to
/// 0.81 of node http-proxy, 0.83 without it for the client's first command (2026-11-26). Rows tunnel-roundtrip and egress-small: not measured alone.
/// Publicly, .NET offers this for all sockets or none (DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS). For a single socket the property is
/// internal. Where it does not exist, as on Windows, continuations run on the thread pool. A test fails if .NET removes the property.
/// </remarks>
/// <param name="isOn">Whether the piece is on. If not, everything runs on the thread pool.</param>
internal sealed class InlineCompletions(bool isOn)
{
    private static readonly Action<Socket, bool>? SetPreferInline = typeof(Socket)
        .GetProperty("PreferInlineCompletions", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)?.SetMethod?.CreateDelegate<Action<Socket, bool>>();

    /// <summary>Gets whether this .NET runtime has the internal property.</summary>
    public static bool IsSupported => SetPreferInline is not null;

    /// <summary>Gets whether continuations can run inline.</summary>
    public bool IsOn => isOn && IsSupported;

    /// <summary>Sets how continuations of a socket's operations run, also of operations that are pending. Does nothing if this piece is off or not supported.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="on">True to run them inline; false to run them on the thread pool.</param>
    public void Set(Socket socket, bool on)
    {
        if (isOn) SetPreferInline?.Invoke(socket, on);
    }

    /// <summary>Await this to continue on a thread of the thread pool. Continues at once if this piece is off, because everything runs there then.</summary>
    public ConfiguredTaskAwaitable SwitchToThreadPool() => Task.CompletedTask.ConfigureAwait(isOn ? ConfigureAwaitOptions.ForceYielding : ConfigureAwaitOptions.None);
}
