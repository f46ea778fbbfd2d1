using System.Net.Sockets;
using ChaserEmu.Faults;
using ChaserEmu.Metering;
using ChaserEmu.Transport;

namespace ChaserEmu.Egress;

/// <summary>
/// Copies bytes in both directions between a browser and the network, and counts them as they pass. The end of one direction
/// is forwarded and leaves the other direction open (half-open). A reset ends both. The relay closes both sockets.
/// </summary>
internal sealed class Relay(Socket browser, Socket network, ConnectionByteCounter counter, TransportSwitches transport, EgressLimiter? limiter = null)
{
    private readonly InlineCompletions _inline = transport.InlineCompletions;

    /// <summary>Gets whether the limiter ended the connection.</summary>
    public bool IsLimitReached { get; private set; }

    /// <summary>Runs until both directions have ended and the count is final. Cancellation resets both connections.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        // Requests and responses alternate. Handling one direction inline saves a thread wake-up per round trip.
        _inline.Set(browser, true);
        using (cancel.Register(Abort))
            await Task.WhenAll(PumpUpAsync(cancel), PumpDownAsync(cancel));
        browser.Dispose();
        network.Dispose();
    }

    private Task PumpUpAsync(CancellationToken cancel) => PumpAsync(browser, network, received: null, sent: counter.AddUp, cancel);

    private Task PumpDownAsync(CancellationToken cancel) => PumpAsync(network, browser, received: counter.AddDown, sent: null, cancel);

    private async Task PumpAsync(Socket from, Socket to, Action<int>? received, Action<int>? sent, CancellationToken cancel)
    {
        var buffer = new RelayBuffer(transport.IsOn(TransportPiece.LargeBuffers));
        var budget = new InlineBudget();
        try
        {
            while (true)
            {
                var receiving = ReceiveAsync(from, limiter?.LimitBuffer(buffer.Memory) ?? buffer.Memory);
                var hasWaited = !receiving.IsCompleted;
                if (await receiving is not (> 0 and var read)) break;
                received?.Invoke(read);
                var allowed = limiter is null ? read : await limiter.AcquireAsync(read, cancel);
                var sending = to.SendAsync(buffer.Memory[..allowed], CancellationToken.None);
                hasWaited |= !sending.IsCompleted;
                await sending;
                sent?.Invoke(allowed);
                if (budget.IsExhausted(hasWaited)) await _inline.SwitchToThreadPool();
                if (allowed < read)
                {
                    IsLimitReached = true;
                    Abort();
                    return;
                }

                if (buffer.IsFilledBy(read) && limiter is null && transport.IsOn(TransportPiece.Splice) && SplicePipe.TryOpen() is { } pipe)
                {
                    // Splicing takes so little time that a switch to another thread would cost more.
                    _inline.Set(from, true);
                    using (pipe)
                    {
                        if (await new SplicedTransfer(from, to, received, sent, Abort, _inline).RunAsync(pipe, buffer.Memory)) break;
                    }

                    _inline.Set(from, from == browser);
                }
                else
                {
                    buffer.Adapt(read);
                }
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The receiver takes no more data, but the last bytes that it sent may still be in transit.
            // The other direction is therefore not aborted. It ends after them.
        }
        finally
        {
            buffer.Dispose();

            // The code after the end of a connection can be slow and must not run on the shared socket thread.
            await _inline.SwitchToThreadPool();
        }
    }

    private async ValueTask<int> ReceiveAsync(Socket from, Memory<byte> buffer)
    {
        try
        {
            return await from.ReceiveAsync(buffer);
        }
        catch (SocketException)
        {
            // Forward the reset as a reset. A normal end would make a truncated response look complete.
            Abort();
            throw;
        }
    }

    private void Abort()
    {
        browser.Close(0);
        network.Close(0);
    }
}
