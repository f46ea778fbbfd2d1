using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace ChaserEmu.Transport;

/// <summary>
/// Writes Kestrel's output directly to the client socket, on the calling thread. Kestrel's own output pipe copies 4 KB blocks to another
/// thread, which costs a tunnel a thread switch per frame and most of its throughput. Benchmark rows tunnel-roundtrip and tunnel-bulk; not
/// measured alone.
/// </summary>
internal sealed class SocketPipeWriter(Socket socket, PipeWriter kestrelOutput) : PipeWriter
{
    private const int MinBlockSize = 64 * 1024;

    private byte[] _block = [];
    private int _length;
    private int _lastLength;
    private Task _sending = Task.CompletedTask;
    private volatile bool _broken;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _length;

    /// <summary>Connection middleware: replaces Kestrel's output pipe. Middleware above it, such as TLS, is not affected.</summary>
    public static ConnectionDelegate Use(ConnectionDelegate next) => connection =>
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
            connection.Transport = new DuplexPipe(connection.Transport.Input, new SocketPipeWriter(socket, connection.Transport.Output));
        return next(connection);
    };

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _block.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes) => _length += bytes;

    /// <summary>Sends the written bytes. As with a pipe, cancellation stops the wait but not the sending.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_length > 0) Send();
        return _sending.IsCompletedSuccessfully ? new ValueTask<FlushResult>(Flushed) : WaitAsync(cancellationToken);
    }

    /// <summary>Does nothing: aborting the connection fails a pending send, so no flush waits for long.</summary>
    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null) => _ = CompleteAsync(exception).AsTask();

    /// <summary>Sends all bytes, then completes Kestrel's output, which closes the connection.</summary>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        await FlushAsync(CancellationToken.None);
        await kestrelOutput.CompleteAsync(exception);
    }

    private FlushResult Flushed => new(isCanceled: false, isCompleted: _broken);

    private void Send()
    {
        var (block, length) = (_block, _length);
        (_block, _length, _lastLength) = ([], 0, length);
        _sending = _sending.IsCompleted ? SendAsync(block, length) : SendAfterAsync(_sending, block, length);
    }

    private async Task SendAfterAsync(Task before, byte[] block, int length)
    {
        await before;
        await SendAsync(block, length);
    }

    private async Task SendAsync(byte[] block, int length)
    {
        try
        {
            if (!_broken) await socket.SendAsync(block.AsMemory(0, length));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Flushes then return IsCompleted. The reading side reports the cause.
            _broken = true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private async ValueTask<FlushResult> WaitAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        return Flushed;
    }

    private void Reserve(int bytes)
    {
        if (_block.Length - _length >= bytes) return;

        // Start with the size of the last block: large messages arrive in many parts.
        var minSize = _block.Length == 0 ? Math.Max(MinBlockSize, _lastLength) : _block.Length * 2;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(minSize, _length + bytes));
        _block.AsSpan(0, _length).CopyTo(larger);
        if (_block.Length > 0) ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
