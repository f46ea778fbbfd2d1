using System.Text;

namespace ChaserEmu.Control;

/// <summary>An answer's body that stays here until it is released, as long as it is JSON of a moderate size; anything else goes straight through.</summary>
internal sealed class HeldBody(Stream outer, HttpResponse response, int limit) : Stream
{
    private readonly MemoryStream _held = new(1024);
    private bool _passes;

    /// <summary>What is held; null when it went through, or there was nothing.</summary>
    public string? Text => !_passes && _held.Length > 0 ? Encoding.UTF8.GetString(_held.GetBuffer(), 0, (int)_held.Length) : null;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Lets go of what is held, which is the whole answer.</summary>
    public Task CompleteAsync()
    {
        if (!_passes && _held.Length > 0 && !response.HasStarted) response.ContentLength ??= _held.Length;
        return ReleaseAsync();
    }

    private async Task ReleaseAsync()
    {
        if (_passes || _held.Length == 0) return;
        await outer.WriteAsync(_held.GetBuffer().AsMemory(0, (int)_held.Length), response.HttpContext.RequestAborted);
        _passes = true;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_passes && response.ContentType?.Contains("json", StringComparison.Ordinal) is true && _held.Length + buffer.Length <= limit)
        {
            _held.Write(buffer.Span);
            return;
        }

        await ReleaseAsync();
        _passes = true;
        await outer.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        // What promises more than there is will be cut off, and is to be seen before.
        if (response.ContentLength > _held.Length) await ReleaseAsync();
        if (_passes || _held.Length == 0) await outer.FlushAsync(cancellationToken);
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Answers are written asynchronously.");

    public override void Flush() => throw new NotSupportedException("Answers are flushed asynchronously.");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
