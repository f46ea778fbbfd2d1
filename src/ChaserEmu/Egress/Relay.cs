using System.Buffers;
using System.Net.Sockets;
using ChaserEmu.Metering;
using ChaserEmu.Platform;

namespace ChaserEmu.Egress;

/// <summary>
/// Carries bytes both ways between a browser and the network until both directions have ended, and counts them as they
/// pass. An end in one direction is passed on and leaves the other open; a reset ends both. Owns neither socket's creation
/// but closes both.
/// </summary>
internal sealed class Relay(Socket browser, Socket network, ConnectionByteCounter counter, EgressFaultLimiter? flow = null)
{
    // Most connections of a page are small or idle and keep the small buffer. One full read earns a pipe, or where there is none the large
    // buffer: what makes a download fast is not to copy it, and the fewer parts, the fewer changes of threads and processes. A small read
    // gives it back.
    private const int SmallBuffer = 16 * 1024;
    private const int LargeBuffer = 1024 * 1024;

    /// <summary>Completes when nothing moves any more and the count is final. A cancelled relay drops both connections at once.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        // Of two threads that take turns, one is always about to wake.
        InlineCompletions.Set(browser, true);
        using (cancel.Register(Abort))
            await Task.WhenAll(PumpUpAsync(cancel), PumpDownAsync(cancel));
        browser.Dispose();
        network.Dispose();
    }

    private Task PumpUpAsync(CancellationToken cancel) => PumpAsync(browser, network, received: null, sent: counter.AddUp, cancel);

    private Task PumpDownAsync(CancellationToken cancel) => PumpAsync(network, browser, received: counter.AddDown, sent: null, cancel);

    private async Task PumpAsync(Socket from, Socket to, Action<int>? received, Action<int>? sent, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
        var streak = new InlineBudget();
        try
        {
            while (true)
            {
                var receiving = ReceiveAsync(from, flow?.LimitBuffer(buffer) ?? buffer);
                var hasWaited = !receiving.IsCompleted;
                if (await receiving is not (> 0 and var read)) break;
                received?.Invoke(read);
                var passing = flow is null ? read : await flow.AcquireAsync(read, cancel);
                var sending = to.SendAsync(buffer.AsMemory(0, passing), CancellationToken.None);
                hasWaited |= !sending.IsCompleted;
                await sending;
                sent?.Invoke(passing);
                if (streak.IsExhausted(hasWaited)) await InlineCompletions.SwitchToThreadPool();
                if (passing < read)
                {
                    Abort();
                    return;
                }

                if (read == buffer.Length && flow is null && SplicePipe.TryOpen() is { } pipe)
                {
                    // It takes so little of a thread that another one would not pay.
                    InlineCompletions.Set(from, true);
                    using (pipe)
                    {
                        if (await SpliceAsync(pipe, from, to, buffer, received, sent)) break;
                    }

                    InlineCompletions.Set(from, from == browser);
                }
                else if (read == buffer.Length && read < LargeBuffer) buffer = Exchange(buffer, LargeBuffer);
                else if (read < SmallBuffer && buffer.Length >= LargeBuffer) buffer = Exchange(buffer, SmallBuffer);
            }
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The far side takes no more. What it said before may still be on its way: the other pump ends by itself,
            // after the last of it.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);

            // The end of a connection may take its time.
            await InlineCompletions.SwitchToThreadPool();
        }
    }

    /// <summary>The same without a copy, for as long as there is much. True at the end of what is received.</summary>
    private async Task<bool> SpliceAsync(SplicePipe pipe, Socket from, Socket to, byte[] buffer, Action<int>? received, Action<int>? sent)
    {
        var streak = new InlineBudget();
        while (true)
        {
            var filling = FillAsync(pipe, from);
            var hasWaited = !filling.IsCompleted;
            if (await filling is not { } read) return false;
            if (read == 0) return true;
            received?.Invoke(read);
            while (!pipe.Drain(to))
            {
                // There is no other way to wait until it takes more.
                var sending = to.SendAsync(buffer.AsMemory(0, pipe.Read(buffer)), CancellationToken.None);
                hasWaited |= !sending.IsCompleted;
                await sending;
            }

            sent?.Invoke(read);
            if (streak.IsExhausted(hasWaited)) await InlineCompletions.SwitchToThreadPool();
            if (read < SmallBuffer) return false;
        }
    }

    /// <summary>As <see cref="ReceiveAsync"/>; null when the system does not splice.</summary>
    private async ValueTask<int?> FillAsync(SplicePipe pipe, Socket from)
    {
        try
        {
            while (SplicePipe.IsSupported)
            {
                if (pipe.Fill(from) is { } read) return read;
                await from.ReceiveAsync(Memory<byte>.Empty);
            }
        }
        catch (SocketException)
        {
            Abort();
            throw;
        }

        return null;
    }

    private async ValueTask<int> ReceiveAsync(Socket from, Memory<byte> buffer)
    {
        try
        {
            return await from.ReceiveAsync(buffer);
        }
        catch (SocketException)
        {
            // A reset must not look like a proper end to the other side, or a cut page would pass for a whole one.
            Abort();
            throw;
        }
    }

    private static byte[] Exchange(byte[] buffer, int size)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        return ArrayPool<byte>.Shared.Rent(size);
    }

    private void Abort()
    {
        browser.Close(0);
        network.Close(0);
    }
}
