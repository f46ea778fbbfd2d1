using System.Runtime.CompilerServices;
using ChaserEmu.Metering;

namespace ChaserEmu.Gateway;

/// <summary>
/// The client's side of a tunnel, counted in both directions as bytes pass. It follows the frames towards the client, so that
/// a close frame of ours can be put between two of the browser's, and those from the client, to see its answer.
/// Disposing it does nothing: the connection belongs to the request, which may have a last word to say.
/// </summary>
internal sealed class TunnelStream(Stream inner, ConnectionByteCounter counter, CdpRecorder recorder, Action browserToldToClose) : DuplexStream
{
    private const int LongestCloseCommand = 128;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly FrameTracker _toClient = new();
    private readonly FrameTracker _fromClient = new(LongestCloseCommand);
    private readonly TaskCompletionSource _clientClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _goodbyeSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[]? _goodbye;
    private volatile bool _saidGoodbye;

    /// <summary>Between two frames of the client, as far as they have been read.</summary>
    public bool IsReadAtFrameBoundary => _fromClient.IsAtBoundary;

    /// <summary>Where the bytes written to the client stand; for who writes them.</summary>
    public FrameTracker ForkToClientTracker() => _toClient.Fork();

    /// <summary>A close frame went to the client, ours or the browser's.</summary>
    public bool HasSentClose => _saidGoodbye;

    /// <summary>The browser sent a close frame before the client did.</summary>
    public bool IsClosedByBrowser { get; private set; }

    /// <summary>Completes when the client has sent a close frame, or nothing more.</summary>
    public Task ClientClosed => _clientClosed.Task;

    /// <summary>Sends a close frame at the next frame boundary, unless one has gone already; whatever follows it is dropped.</summary>
    public async Task CloseAsync(byte[] closeFrame)
    {
        await _writing.WaitAsync();
        try
        {
            _goodbye ??= closeFrame;
            if (_toClient.IsAtBoundary) await SayGoodbyeAsync(CancellationToken.None);
        }
        finally
        {
            _writing.Release();
        }

        await _goodbyeSent.Task;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // YARP reads nothing first, to learn that there is something; that would be a turn more for each frame.
        if (buffer.IsEmpty) return 0;
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

        counter.AddUp(read);
        recorder.RecordFromClient(_fromClient, buffer.Span[..read]);
        Follow(buffer.Span[..read]);
        if (_fromClient.HasSeenClose || read == 0) _clientClosed.TrySetResult();
        return read;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_saidGoodbye) return;
            if (_goodbye is not null) buffer = buffer[.._toClient.Fork().FeedFrame(buffer.Span)];
            recorder.RecordToClient(_toClient, buffer.Span);
            _toClient.Feed(buffer.Span);
            IsClosedByBrowser |= _toClient.HasSeenClose && !_clientClosed.Task.IsCompleted;

            counter.AddDown(buffer.Length);
            await inner.WriteAsync(buffer, cancellationToken);
            if (_toClient.HasSeenClose || (_goodbye is not null && _toClient.IsAtBoundary)) await SayGoodbyeAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Said before the browser hears of it: full Chrome takes a while to close, and takes new clients as long.</summary>
    private void Follow(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[_fromClient.FeedFrame(bytes)..];
            if (_fromClient.IsAtBoundary && _fromClient.Payload.IndexOf("\"Browser.close\""u8) >= 0) browserToldToClose();
        }
    }

    /// <summary>Reads, counts and drops what the client still sends, until it has closed.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        try
        {
            while (!_clientClosed.Task.IsCompleted && await ReadAsync(buffer, cancellationToken) > 0)
            {
                // It closes when it has said what it wants.
            }
        }
        catch (Exception end) when (end is IOException or OperationCanceledException)
        {
            // It left, or nobody cares any more.
        }
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    private async Task SayGoodbyeAsync(CancellationToken cancellationToken)
    {
        if (_saidGoodbye) return;
        _saidGoodbye = true;
        if (!_toClient.HasSeenClose)
        {
            counter.AddDown(_goodbye!.Length);
            await inner.WriteAsync(_goodbye, cancellationToken);
            await inner.FlushAsync(cancellationToken);
        }

        _goodbyeSent.TrySetResult();
    }
}
