using System.Net.Sockets;
using ChaserEmu.Platform;

namespace ChaserEmu.Gateway;

/// <summary>Creates the HTTP handler with which YARP connects to browsers, unless the emulator does the handshake itself.</summary>
internal static class BrowserHttpHandler
{
    /// <summary>The kernel accepts connections for a busy browser until its backlog is full; then connecting hangs.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Returns a handler that adds nothing to a request and follows nothing in a response. It uses no reserved file descriptor.</summary>
    public static SocketsHttpHandler Create() => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        ConnectCallback = ConnectAsync,
    };

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            FileDescriptorLimit.ThrowIfInReserve(socket);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
