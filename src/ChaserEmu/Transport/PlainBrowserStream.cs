using System.Net.Sockets;
using ChaserEmu.Platform;

namespace ChaserEmu.Transport;

/// <summary>A connection to a browser's DevTools without <see cref="TransportPiece.DirectReads"/>: a network stream, after the early bytes.</summary>
internal sealed class PlainBrowserStream(ConnectedWebSocket connection) : DuplexStream
{
    private readonly NetworkStream _network = new(connection.Socket, ownsSocket: true);
    private ReadOnlyMemory<byte> _earlyBytes = connection.EarlyBytes;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_earlyBytes.IsEmpty) return _network.ReadAsync(buffer, cancellationToken);
        var length = Math.Min(buffer.Length, _earlyBytes.Length);
        _earlyBytes[..length].CopyTo(buffer);
        _earlyBytes = _earlyBytes[length..];
        return new(length);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _network.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => _network.FlushAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _network.Dispose();
        base.Dispose(disposing);
    }
}
