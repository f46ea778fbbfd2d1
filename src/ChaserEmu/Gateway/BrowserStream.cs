using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChaserEmu.Browsers;
using ChaserEmu.Platform;

namespace ChaserEmu.Gateway;

/// <summary>
/// A connection to a browser's DevTools. What the browser says is passed on by the thread that has heard of it.
/// YARP asks for nothing first, to learn that there is something before it rents a buffer; that would be two more system calls for each
/// frame, where buffers are few.
/// </summary>
/// <param name="opened">The connection.</param>
/// <param name="onAnswered">Called once the first that the browser has said has been passed on.</param>
internal sealed class BrowserStream(ConnectedWebSocket opened, Action onAnswered) : NetworkStream(opened.Socket, ownsSocket: true)
{
    private InlineBudget _streak;
    private int _reads;
    private ReadOnlyMemory<byte> _early = opened.EarlyBytes;
    private CancellationToken _cancels;
    private CancellationTokenRegistration _end;

    /// <summary>Where to look out for the client's next call, once there is a client; null where nobody does.</summary>
    public BusyPoller? Poller { get; set; }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        if (_reads < 2 && ++_reads == 2) onAnswered();
        if (!_early.IsEmpty) return TakeEarly(buffer.Span);
        try
        {
            EndWith(cancellationToken);
            var reading = base.ReadAsync(buffer, CancellationToken.None);
            if (!reading.IsCompleted) Poller?.PollForCommand();
            var isTooLong = _streak.IsExhausted(hasWaited: !reading.IsCompleted);
            var read = await reading;
            Poller?.OnResponse();

            // What follows the end of a connection may take its time.
            if (isTooLong || read == 0) await InlineCompletions.SwitchToThreadPool();
            return read;
        }
        catch (Exception)
        {
            await InlineCompletions.SwitchToThreadPool();
            throw;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _end.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// A cancelled read ends as if the browser had closed: YARP cancels one for each client that leaves, and an exception that goes
    /// through all its layers takes longer than the rest of leaving. The token is the same one all along.
    /// </summary>
    private void EndWith(CancellationToken cancellationToken)
    {
        if (cancellationToken == _cancels) return;
        _end.Dispose();
        _cancels = cancellationToken;
        _end = cancellationToken.UnsafeRegister(static socket => ((BrowserStream)socket!).End(), this);
    }

    private void End()
    {
        try
        {
            Socket.Shutdown(SocketShutdown.Receive);
        }
        catch (SocketException)
        {
            // It has ended by itself.
        }
    }

    private int TakeEarly(Span<byte> buffer)
    {
        var length = Math.Min(buffer.Length, _early.Length);
        _early.Span[..length].CopyTo(buffer);
        _early = _early[length..];
        return length;
    }
}
