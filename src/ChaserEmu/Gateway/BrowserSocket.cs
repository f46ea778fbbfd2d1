using System.Net.Sockets;
using ChaserEmu.Kernel;

namespace ChaserEmu.Gateway;

/// <summary>
/// A connection to a browser's DevTools. YARP asks for nothing first, to learn that there is something before it rents a buffer; that
/// would be two more system calls for each frame, where buffers are few.
/// </summary>
internal sealed class BrowserSocket(Socket socket) : NetworkStream(socket, ownsSocket: true)
{
    public static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            OpenFiles.ThrowIfGone(socket);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new BrowserSocket(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.IsEmpty ? ValueTask.FromResult(0) : base.ReadAsync(buffer, cancellationToken);
}
