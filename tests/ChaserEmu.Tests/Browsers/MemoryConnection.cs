using System.IO.Pipelines;
using System.Net.WebSockets;
using ChaserEmu.Browsers;
using ChaserEmu.Platform;

namespace ChaserEmu.Tests.Browsers;

/// <summary>One end of a connection in memory.</summary>
internal sealed class MemoryConnection : DuplexStream
{
    private readonly Stream _input;
    private readonly Stream _output;

    private MemoryConnection(PipeReader input, PipeWriter output) => (_input, _output) = (input.AsStream(), output.AsStream());

    public static (MemoryConnection One, MemoryConnection Other) CreatePair()
    {
        var (there, back) = (new Pipe(), new Pipe());
        return (new MemoryConnection(back.Reader, there.Writer), new MemoryConnection(there.Reader, back.Writer));
    }

    /// <summary>Opens a DevTools connection on whose other end a WebSocket sends each message back.</summary>
    public static ConnectedStream OpenEcho()
    {
        var (near, far) = CreatePair();
        _ = EchoAsync(WebSocket.CreateFromStream(far, new WebSocketCreationOptions { IsServer = true }));
        return new ConnectedStream(near);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _output.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _input.Dispose();
            _output.Dispose();
        }

        base.Dispose(disposing);
    }

    private static async Task EchoAsync(WebSocket socket)
    {
        using (socket)
        {
            var buffer = new byte[4096];
            while (true)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                if (part.MessageType is WebSocketMessageType.Close) return;
                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, CancellationToken.None);
            }
        }
    }
}
