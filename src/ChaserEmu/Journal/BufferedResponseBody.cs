using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Journal;

/// <summary>
/// Buffers a response body until <see cref="CompleteAsync()"/> if it is JSON of at most <paramref name="limit"/> bytes. Any other body passes
/// through from its first flush on.
/// </summary>
internal sealed class BufferedResponseBody(IHttpResponseBodyFeature outer, HttpResponse response, int limit) : PipeWriter, IHttpResponseBodyFeature, IDisposable
{
    /// <summary>Enough for one session, and for the largest size hint of the JSON writer.</summary>
    private const int InitialSize = 4096;

    /// <summary>Rented on the first write, so that long-lived tunnels hold no buffer.</summary>
    private byte[] _buffer = [];
    private int _length;

    /// <summary>How many buffered bytes were flushed. Writers continue only if a flush lowers <see cref="UnflushedBytes"/>.</summary>
    private int _flushed;
    private bool _isPassThrough;
    private Stream? _stream;

    /// <summary>Gets the buffered text; null if the body passed through or is empty.</summary>
    public string? Text => !_isPassThrough && _length > 0 ? Encoding.UTF8.GetString(_buffer, 0, _length) : null;

    public Stream Stream => _stream ??= AsStream(leaveOpen: true);

    public PipeWriter Writer => this;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _isPassThrough ? outer.Writer.UnflushedBytes : _length - _flushed;

    private bool IsJson => response.ContentType?.Contains("json", StringComparison.Ordinal) is true;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_isPassThrough) return outer.Writer.GetMemory(sizeHint);
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_isPassThrough)
        {
            outer.Writer.Advance(bytes);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _buffer.Length - _length);
        _length += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_isPassThrough) return outer.Writer.FlushAsync(cancellationToken);

        // A Content-Length above the body's length means a truncated response: the client must receive its bytes before the cut.
        if (!IsJson || _length > limit || response.ContentLength > _length) return ReleaseAsync(cancellationToken);
        _flushed = _length;
        return default;
    }

    /// <summary>Sends the buffered bytes, which are the complete body.</summary>
    public async Task CompleteAsync()
    {
        if (_isPassThrough || _length == 0) return;
        if (!response.HasStarted) response.ContentLength ??= _length;
        await ReleaseAsync(response.HttpContext.RequestAborted);
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => FlushAsync(cancellationToken).AsTask();

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        if (!_isPassThrough) await ReleaseAsync(cancellationToken);
        await outer.SendFileAsync(path, offset, count, cancellationToken);
    }

    public void DisableBuffering() => outer.DisableBuffering();

    public override void CancelPendingFlush() => outer.Writer.CancelPendingFlush();

    /// <summary>Does nothing: <see cref="CompleteAsync()"/> sends the buffered bytes.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        (_buffer, _length, _isPassThrough) = ([], 0, true);
    }

    /// <summary>Sends the buffered bytes. They stay in <see cref="Text"/> until then, because the journal reads it when the response starts.</summary>
    private async ValueTask<FlushResult> ReleaseAsync(CancellationToken cancellationToken)
    {
        var result = await (_length == 0 ? outer.Writer.FlushAsync(cancellationToken) : outer.Writer.WriteAsync(_buffer.AsMemory(0, _length), cancellationToken));
        (_length, _isPassThrough) = (0, true);
        return result;
    }

    private void Reserve(int bytes)
    {
        if (_buffer.Length - _length >= bytes) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(InitialSize, _buffer.Length * 2), _length + bytes));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
