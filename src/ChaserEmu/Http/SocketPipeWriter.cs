using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace ChaserEmu.Http;

/// <summary>
/// What Kestrel writes its answers to: a client's socket, at once and on the thread that has the bytes. Kestrel's own way, through a pipe
/// of 4 KB blocks to another thread, costs a tunnel a change of threads for each frame and most of its throughput.
/// </summary>
internal sealed class SocketPipeWriter(Socket socket, PipeWriter kestrels) : PipeWriter
{
    private const int SmallestBlock = 64 * 1024;

    private byte[] _block = [];
    private int _length;
    private int _lastLength;
    private Task _sending = Task.CompletedTask;
    private volatile bool _broken;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _length;

    /// <summary>Puts it in the place of Kestrel's own. Whatever stands above, such as TLS, does not notice.</summary>
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

    /// <summary>As of a pipe: a cancelled flush stops waiting, not sending.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_length > 0) Send();
        return _sending.IsCompletedSuccessfully ? new ValueTask<FlushResult>(Flushed) : WaitAsync(cancellationToken);
    }

    /// <summary>Nothing waits for long: a connection that is aborted fails what is being sent.</summary>
    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null) => _ = CompleteAsync(exception).AsTask();

    /// <summary>Kestrel's own writer, completed, closes the connection: when all has been sent.</summary>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        await FlushAsync(CancellationToken.None);
        await kestrels.CompleteAsync(exception);
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
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // Whoever flushes is told; why it broke, the reading side says.
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

        // As large as the last one was, since large things come in many parts.
        var least = _block.Length == 0 ? Math.Max(SmallestBlock, _lastLength) : _block.Length * 2;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(least, _length + bytes));
        _block.AsSpan(0, _length).CopyTo(larger);
        if (_block.Length > 0) ArrayPool<byte>.Shared.Return(_block);
        _block = larger;
    }

    private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
