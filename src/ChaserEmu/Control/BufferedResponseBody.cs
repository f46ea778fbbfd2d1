using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Control;

/// <summary>
/// An answer's body that stays here until it is released, as long as it is JSON of at most <paramref name="limit"/> bytes; anything else
/// goes straight through, once it has been flushed.
/// </summary>
internal sealed class BufferedResponseBody(IHttpResponseBodyFeature outer, HttpResponse response, int limit) : PipeWriter, IHttpResponseBodyFeature, IDisposable
{
    /// <summary>Enough for one session, and for the most that a JSON writer asks for at once.</summary>
    private const int Initial = 4096;

    /// <summary>Rented with the first byte: a tunnel, which lives long, never has one.</summary>
    private byte[] _held = [];
    private int _length;

    /// <summary>Of what is held; who writes goes on only when a flush has left less to flush.</summary>
    private int _flushed;
    private bool _passes;
    private Stream? _stream;

    /// <summary>What is held; null when it went through, or there was nothing.</summary>
    public string? Text => !_passes && _length > 0 ? Encoding.UTF8.GetString(_held, 0, _length) : null;

    public Stream Stream => _stream ??= AsStream(leaveOpen: true);

    public PipeWriter Writer => this;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _passes ? outer.Writer.UnflushedBytes : _length - _flushed;

    private bool IsJson => response.ContentType?.Contains("json", StringComparison.Ordinal) is true;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_passes) return outer.Writer.GetMemory(sizeHint);
        MakeRoom(Math.Max(sizeHint, 1));
        return _held.AsMemory(_length);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        if (_passes)
        {
            outer.Writer.Advance(bytes);
            return;
        }

        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _held.Length - _length);
        _length += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_passes) return outer.Writer.FlushAsync(cancellationToken);

        // What promises more than there is will be cut off, and is to be seen before.
        if (!IsJson || _length > limit || response.ContentLength > _length) return ReleaseAsync(cancellationToken);
        _flushed = _length;
        return default;
    }

    /// <summary>Lets go of what is held, which is the whole answer.</summary>
    public async Task CompleteAsync()
    {
        if (_passes || _length == 0) return;
        if (!response.HasStarted) response.ContentLength ??= _length;
        await ReleaseAsync(response.HttpContext.RequestAborted);
    }

    public Task StartAsync(CancellationToken cancellationToken = default) => FlushAsync(cancellationToken).AsTask();

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        if (!_passes) await ReleaseAsync(cancellationToken);
        await outer.SendFileAsync(path, offset, count, cancellationToken);
    }

    public void DisableBuffering() => outer.DisableBuffering();

    public override void CancelPendingFlush() => outer.Writer.CancelPendingFlush();

    /// <summary>Who wrote the body has no more; what is held goes out with <see cref="CompleteAsync()"/>.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_held);
        (_held, _length, _passes) = ([], 0, true);
    }

    /// <summary>What is held counts as held until it has left: that is when the answer begins, which is when it is looked at.</summary>
    private async ValueTask<FlushResult> ReleaseAsync(CancellationToken cancellationToken)
    {
        var result = await (_length == 0 ? outer.Writer.FlushAsync(cancellationToken) : outer.Writer.WriteAsync(_held.AsMemory(0, _length), cancellationToken));
        (_length, _passes) = (0, true);
        return result;
    }

    private void MakeRoom(int bytes)
    {
        if (_held.Length - _length >= bytes) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(Initial, _held.Length * 2), _length + bytes));
        _held.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_held);
        _held = larger;
    }
}
