using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace ChaserEmu.Transport;

/// <summary>
/// A connection to a browser's DevTools. Reads continue inline, on the thread that polls the sockets
/// (<see cref="InlineCompletions"/>). Empty reads return at once: YARP uses them to wait for data before it rents a buffer, which
/// would cost two more system calls per frame. Benchmark rows tunnel-roundtrip and tunnel-eight; not measured alone.
/// </summary>
/// <param name="connection">The open WebSocket connection, with the bytes that were received together with its handshake.</param>
/// <param name="onFirstRead">Called once, when the result of the first read has been forwarded.</param>
/// <param name="inline">Runs the continuations.</param>
internal sealed class BrowserStream(ConnectedWebSocket connection, Action onFirstRead, InlineCompletions inline) : NetworkStream(connection.Socket, ownsSocket: true)
{
    private InlineBudget _budget;
    private int _reads;
    private ReadOnlyMemory<byte> _earlyBytes = connection.EarlyBytes;
    private CancellationToken _registeredToken;
    private CancellationTokenRegistration _registration;

    /// <summary>Gets or sets the busy poller; null if there is none.</summary>
    public BusyPoller? Poller { get; set; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        if (_reads < 2 && ++_reads == 2) onFirstRead();
        if (!_earlyBytes.IsEmpty) return ReadEarlyBytes(buffer.Span);
        try
        {
            EndReadsOn(cancellationToken);
            var reading = base.ReadAsync(buffer, CancellationToken.None);
            if (!reading.IsCompleted) Poller?.PollForCommand();
            var isExhausted = _budget.IsExhausted(hasWaited: !reading.IsCompleted);
            var read = await reading;
            Poller?.OnResponse();

            // The code after the end of a connection can be slow and must not run on the polling thread.
            if (isExhausted || read == 0) await inline.SwitchToThreadPool();
            return read;
        }
        catch (Exception)
        {
            await inline.SwitchToThreadPool();
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _registration.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// Makes reads return 0 on cancellation, as if the browser had closed. YARP cancels a read for each client that disconnects, and an
    /// exception through all its layers takes longer than the rest of the disconnect. YARP passes the same token to every read.
    /// </summary>
    private void EndReadsOn(CancellationToken cancellationToken)
    {
        if (cancellationToken == _registeredToken) return;
        _registration.Dispose();
        _registeredToken = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static socket => ((BrowserStream)socket!).EndReads(), this);
    }

    private void EndReads()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Receive);
        }
        catch (SocketException)
        {
            // The connection has already ended.
        }
    }

    private int ReadEarlyBytes(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _earlyBytes.Length);
        _earlyBytes.Span[..length].CopyTo(buffer);
        _earlyBytes = _earlyBytes[length..];
        return length;
    }
}
