using System.Net.Sockets;

namespace ChaserEmu.Transport;

/// <summary>
/// Moves page traffic from one socket to another through a <see cref="SplicePipe"/>, while reads are large.
/// </summary>
/// <param name="from">The socket to receive from.</param>
/// <param name="to">The socket to send to.</param>
/// <param name="received">Called with the number of received bytes, before they are sent.</param>
/// <param name="sent">Called with the number of sent bytes.</param>
/// <param name="onReset">Called if <paramref name="from"/> was reset.</param>
/// <param name="inline">Runs the continuations.</param>
internal sealed class SplicedTransfer(Socket from, Socket to, Action<int>? received, Action<int>? sent, Action onReset, InlineCompletions inline)
{
    /// <summary>
    /// Moves bytes until a read is smaller than <see cref="RelayBuffer.SmallSize"/>, or splice is not supported. Returns true at the end of the stream.
    /// </summary>
    /// <param name="pipe">An empty pipe. It is empty again afterwards.</param>
    /// <param name="buffer">For bytes that the receiver does not accept at once.</param>
    public async Task<bool> RunAsync(SplicePipe pipe, Memory<byte> buffer)
    {
        var budget = new InlineBudget();
        while (true)
        {
            var filling = FillAsync(pipe);
            var hasWaited = !filling.IsCompleted;
            if (await filling is not { } read) return false;
            if (read == 0) return true;
            received?.Invoke(read);
            while (!pipe.Drain(to))
            {
                // .NET offers no wait for writability, so one part is sent asynchronously.
                var sending = to.SendAsync(buffer[..pipe.Read(buffer.Span)], CancellationToken.None);
                hasWaited |= !sending.IsCompleted;
                await sending;
            }

            sent?.Invoke(read);
            if (budget.IsExhausted(hasWaited)) await inline.SwitchToThreadPool();
            if (read < RelayBuffer.SmallSize) return false;
        }
    }

    /// <summary>Receives into the pipe. Returns the number of bytes, 0 at the end of the stream, or null if splice is not supported.</summary>
    private async ValueTask<int?> FillAsync(SplicePipe pipe)
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
            onReset();
            throw;
        }

        return null;
    }
}
