using System.Buffers.Binary;
using System.Net.Sockets;

namespace ChaserEmu.Platform;

/// <summary>
/// Finds peers that vanished without closing their TCP connection. The kernel's keep-alive probes find them while a connection is idle. While
/// data is unacknowledged, the kernel sends no probes and gives up only after about 15 minutes; <see cref="GetSilence"/> tells sooner. The
/// socket option TCP_USER_TIMEOUT would also end connections of clients that are alive but do not read, such as a client in a debugger.
/// </summary>
internal static class TcpLiveness
{
    private const int ProbeCount = 3;
    private const int TcpLevel = 6;
    private const int TcpInfoOption = 11;

    // Offsets in struct tcp_info (linux/tcp.h), which only grows at its end.
    private const int UnacknowledgedOffset = 24;
    private const int LastReceivedOffset = 56;
    private const int TcpInfoLength = 60;

    /// <summary>Turns on keep-alive probes. Sockets that a listening socket accepts inherit the setting, except on Windows.</summary>
    /// <param name="socket">A TCP socket.</param>
    /// <param name="limit">How long a peer can be silent until the connection ends, in real time; null leaves keep-alive off.</param>
    public static void EnableKeepAlive(Socket socket, TimeSpan? limit)
    {
        if (limit is not { TotalSeconds: var seconds } || socket.ProtocolType != ProtocolType.Tcp) return;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Math.Max(1, (int)(seconds / 2)));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, (int)(seconds / 2 / ProbeCount)));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, ProbeCount);
    }

    /// <summary>
    /// Returns since when the peer has not acknowledged data that was sent to it, in real time. Zero if nothing is unacknowledged, and on other
    /// systems than Linux.
    /// </summary>
    /// <exception cref="SocketException">The connection has ended.</exception>
    /// <exception cref="ObjectDisposedException">The connection has ended.</exception>
    public static TimeSpan GetSilence(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) return TimeSpan.Zero;
        Span<byte> info = stackalloc byte[TcpInfoLength];
        socket.GetRawSocketOption(TcpLevel, TcpInfoOption, info);
        return BinaryPrimitives.ReadUInt32LittleEndian(info[UnacknowledgedOffset..]) == 0
            ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt32LittleEndian(info[LastReceivedOffset..]));
    }
}
