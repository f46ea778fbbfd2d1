using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChaserEmu.Browsers;
using ChaserEmu.Metering;
using ChaserEmu.Platform;

namespace ChaserEmu.Gateway;

/// <summary>
/// The client side of a tunnel. It counts the bytes of both directions as they pass. It tracks the frames to the client, so that our
/// frames can be sent between two frames of the browser. It tracks the frames from the client, to detect its close frame and commands that
/// concern the emulator.
/// Dispose does nothing: the connection belongs to the request, which may still send a close frame.
/// </summary>
internal sealed class TunnelStream(Stream inner, ConnectionByteCounter counter, CdpRecorder recorder, CdpInspector inspector) : DuplexStream
{
    private const int TextOpcode = 0x1;

    /// <summary>The longest payload whose command is read, mask included. Read buffers must be longer than such a frame.</summary>
    private const int MaxInspectedBytes = 1024;

    /// <summary>The longest message of the browser that is inspected: a dialog event with its text and URL.</summary>
    private const int MaxInspectedEventBytes = 4096;

    private const int MaxHeaderBytes = 10;

    private readonly SemaphoreSlim _writeLock = new(1, 1);
    private readonly FrameTracker _toClient = new(MaxInspectedEventBytes);
    private readonly FrameTracker _fromClient = new(MaxInspectedBytes);
    private readonly TaskCompletionSource _clientClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closeSent = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly byte[] _held = new byte[MaxHeaderBytes + MaxInspectedBytes];
    private readonly ConcurrentQueue<byte[]> _responses = new();
    private int _heldLength;
    private byte[]? _closeFrame;
    private volatile bool _hasSentClose;

    /// <summary>Gets whether the bytes read from the client end at a frame boundary.</summary>
    public bool IsReadAtFrameBoundary => _heldLength > 0 || _fromClient.IsAtBoundary;

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
        while (true)
        {
            var held = buffer.IsEmpty ? 0 : TakeHeld(buffer.Span);
            int read;
            try
            {
                read = await inner.ReadAsync(buffer[held..], cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or SocketException)
            {
                // Kestrel throws an IOException if the client reset the connection, but a SocketException if it has vanished.
                _clientClosed.TrySetResult();
                throw exception as IOException ?? new IOException("The connection to the client has ended.", exception);
            }

            // YARP first reads into an empty buffer, to wait for data. A 0 is then not the end of the stream.
            if (buffer.IsEmpty) return 0;
            counter.AddUp(read);
            recorder.RecordFromClient(_fromClient, buffer.Span.Slice(held, read));
            var (length, start) = TrackFromClient(buffer.Span[..(held + read)], held);
            if (_fromClient.HasSeenClose || read == 0) _clientClosed.TrySetResult();
            if (!_responses.IsEmpty) await RespondAsync(cancellationToken);
            if (start is not TargetStart.None) await inspector.PrepareStartAsync(start, cancellationToken);
            if (length > 0 || read == 0) return length;
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _writeLock.WaitAsync(cancellationToken);
        try
        {
            if (_hasSentClose) return;
            if (_closeFrame is not null) buffer = buffer[.._toClient.Fork().FeedFrame(buffer.Span)];
            if (!_responses.IsEmpty) buffer = await SendResponsesAsync(buffer, cancellationToken);
            await SendAsync(buffer, cancellationToken);
            if (_toClient.HasSeenClose || (_closeFrame is not null && _toClient.IsAtBoundary)) await SendCloseAsync(cancellationToken);
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>Copies the bytes that the last read held back to the start of the buffer. Returns their number.</summary>
    private int TakeHeld(Span<byte> buffer)
    {
        _held.AsSpan(0, _heldLength).CopyTo(buffer);
        return Interlocked.Exchange(ref _heldLength, 0);
    }

    /// <summary>
    /// Tracks and inspects frames from the client. Removes refused commands. Keeps the last frame back until it is complete, if it is short
    /// enough to be inspected.
    /// </summary>
    /// <param name="bytes">The bytes that were held back, then those just read. Removing a frame moves the bytes behind it.</param>
    /// <param name="held">The number of bytes that were held back. They have been tracked already.</param>
    /// <returns>The number of bytes for the browser, from the start of <paramref name="bytes"/>, and what they start.</returns>
    private (int Length, TargetStart Start) TrackFromClient(Span<byte> bytes, int held)
    {
        var (frameStart, position, start) = (0, held, TargetStart.None);
        while (position < bytes.Length)
        {
            position += _fromClient.FeedFrame(bytes[position..]);
            if (!_fromClient.IsAtBoundary) break;
            var action = _fromClient.Opcode == TextOpcode ? inspector.InspectCommand(_fromClient.Payload) : default;
            start |= action.Start;
            if (action.Response is { } response)
            {
                _responses.Enqueue(TextFrame.Create(response));
                bytes[position..].CopyTo(bytes[frameStart..]);
                bytes = bytes[..^(position - frameStart)];
                position = frameStart;
            }

            frameStart = position;
        }

        if (!_fromClient.IsKeepingPayload) return (bytes.Length, start);
        bytes[frameStart..].CopyTo(_held);
        _heldLength = bytes.Length - frameStart;
        return (frameStart, start);
    }

    private async Task RespondAsync(CancellationToken cancellationToken)
    {
        await _writeLock.WaitAsync(cancellationToken);
        try
        {
            await SendResponsesAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);
        }
        finally
        {
            _writeLock.Release();
        }
    }

    /// <summary>
    /// Sends the responses to refused commands at the next frame boundary, if it is in the buffer. Returns the rest of the buffer. Chrome sends
    /// each message in one frame, so a frame boundary is also a message boundary.
    /// </summary>
    private async ValueTask<ReadOnlyMemory<byte>> SendResponsesAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!_toClient.IsAtBoundary && !buffer.IsEmpty)
        {
            var length = _toClient.Fork().FeedFrame(buffer.Span);
            await SendAsync(buffer[..length], cancellationToken);
            buffer = buffer[length..];
        }

        while (_toClient.IsAtBoundary && !_hasSentClose && !_toClient.HasSeenClose && _responses.TryDequeue(out var response)) await SendAsync(response, cancellationToken);
        return buffer;
    }

    /// <summary>Sends bytes to the client, counted and tracked.</summary>
    private ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        recorder.RecordToClient(_toClient, bytes.Span);
        for (var rest = bytes.Span; !rest.IsEmpty;)
        {
            rest = rest[_toClient.FeedFrame(rest)..];
            if (_toClient.IsAtBoundary && _toClient.Opcode == TextOpcode) inspector.InspectEvent(_toClient.Payload);
        }

        IsClosedByBrowser |= _toClient.HasSeenClose && !_clientClosed.Task.IsCompleted;
        counter.AddDown(bytes.Length);
        return inner.WriteAsync(bytes, cancellationToken);
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
