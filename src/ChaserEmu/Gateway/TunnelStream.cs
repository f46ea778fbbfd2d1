using System.Runtime.CompilerServices;
using ChaserEmu.Metering;
using ChaserEmu.Platform;

namespace ChaserEmu.Gateway;

/// <summary>
/// The client side of a tunnel. It counts the bytes of both directions as they pass. It tracks the frames to the client, so that our
/// close frame can be sent between two frames of the browser. It tracks the frames from the client, to detect its close frame.
/// Dispose does nothing: the connection belongs to the request, which may still send a close frame.
/// </summary>
internal sealed class TunnelStream(Stream inner, ConnectionByteCounter counter, CdpRecorder recorder, Action onBrowserClose) : DuplexStream
{
    private const int MaxCloseCommandBytes = 128;

    private readonly SemaphoreSlim _writeLock = new(1, 1);
    private readonly FrameTracker _toClient = new();
    private readonly FrameTracker _fromClient = new(MaxCloseCommandBytes);
    private readonly TaskCompletionSource _clientClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closeSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _closeFrame;
    private volatile bool _hasSentClose;

    /// <summary>Gets whether the bytes read from the client end at a frame boundary.</summary>
    public bool IsReadAtFrameBoundary => _fromClient.IsAtBoundary;

    /// <summary>Returns a tracker at the current position of the bytes to the client. Only the writer may call this.</summary>
    public FrameTracker ForkToClientTracker() => _toClient.Fork();

    /// <summary>Gets whether a close frame was sent to the client, by us or by the browser.</summary>
    public bool HasSentClose => _hasSentClose;

    /// <summary>Gets whether the browser sent a close frame before the client did.</summary>
    public bool IsClosedByBrowser { get; private set; }

    /// <summary>Gets a task that completes when the client has sent a close frame or has disconnected.</summary>
    public Task ClientClosed => _clientClosed.Task;

    /// <summary>Sends a close frame at the next frame boundary, unless one was sent before. Later writes are dropped.</summary>
    public async Task CloseAsync(byte[] closeFrame)
    {
        await _writeLock.WaitAsync();
        try
        {
            _closeFrame ??= closeFrame;
            if (_toClient.IsAtBoundary) await SendCloseAsync(CancellationToken.None);
        }
        finally
        {
            _writeLock.Release();
        }

        await _closeSent.Task;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            _clientClosed.TrySetResult();
            throw;
        }

        // YARP first reads into an empty buffer, to wait for data. A 0 is then not the end of the stream.
        if (buffer.IsEmpty) return 0;
        counter.AddUp(read);
        recorder.RecordFromClient(_fromClient, buffer.Span[..read]);
        TrackFromClient(buffer.Span[..read]);
        if (_fromClient.HasSeenClose || read == 0) _clientClosed.TrySetResult();
        return read;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writeLock.WaitAsync(cancellationToken);
        try
        {
            if (_hasSentClose) return;
            if (_closeFrame is not null) buffer = buffer[.._toClient.Fork().FeedFrame(buffer.Span)];
            recorder.RecordToClient(_toClient, buffer.Span);
            _toClient.Feed(buffer.Span);
            IsClosedByBrowser |= _toClient.HasSeenClose && !_clientClosed.Task.IsCompleted;

            counter.AddDown(buffer.Length);
            await inner.WriteAsync(buffer, cancellationToken);
            if (_toClient.HasSeenClose || (_closeFrame is not null && _toClient.IsAtBoundary)) await SendCloseAsync(cancellationToken);
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>
    /// Tracks frames from the client and reports a <c>Browser.close</c> command before it reaches the browser. Full Chrome takes a while
    /// to close, and accepts new clients until then.
    /// </summary>
    private void TrackFromClient(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_fromClient.FeedFrame(bytes)..];
            if (_fromClient.IsAtBoundary && _fromClient.Payload.IndexOf("\"Browser.close\""u8) >= 0) onBrowserClose();
        }
    }

    /// <summary>Reads, counts and discards what the client still sends, until its close frame.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        try
        {
            while (!_clientClosed.Task.IsCompleted && await ReadAsync(buffer, cancellationToken) > 0)
            {
                // ReadAsync detects the close frame.
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The client disconnected, or the wait for its close frame was cancelled.
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    private async Task SendCloseAsync(CancellationToken cancellationToken)
    {
        if (_hasSentClose) return;
        _hasSentClose = true;
        if (!_toClient.HasSeenClose)
        {
            counter.AddDown(_closeFrame!.Length);
            await inner.WriteAsync(_closeFrame, cancellationToken);
            await inner.FlushAsync(cancellationToken);
        }

        _closeSent.TrySetResult();
    }
}
