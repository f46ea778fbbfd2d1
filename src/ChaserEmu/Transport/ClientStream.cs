using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChaserEmu.Platform;

namespace ChaserEmu.Transport;

/// <summary>
/// The connection to the client of a tunnel. After small reads it continues inline, on the thread that polls the sockets
/// (<see cref="InlineCompletions"/>); after large reads it continues on the thread pool. Empty reads return at once, as in
/// <see cref="BrowserStream"/>. Benchmark rows tunnel-roundtrip and tunnel-eight; not measured alone.
/// </summary>
/// <param name="inner">The stream to read and write.</param>
/// <param name="socket">The socket below the stream; null if there is none.</param>
/// <param name="poller">The busy poller; null if there is none.</param>
/// <param name="inline">Runs the continuations.</param>
internal sealed class ClientStream(Stream inner, Socket? socket, BusyPoller? poller, InlineCompletions inline) : DuplexStream
{
    /// <summary>Half of Kestrel's read block of 4 KiB. A client that sends more may keep the polling thread busy for too long.</summary>
    private const int MaxInlineRead = 2 * 1024;

    private bool _isInline = SetSocket(inline, socket, true);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        try
        {
            var reading = inner.ReadAsync(buffer, cancellationToken);
            if (_isInline && !reading.IsCompleted) poller?.PollForResponse();
            var read = await reading;
            poller?.OnCommand();

            // The code after the end of a connection can be slow and must not run on the polling thread.
            if (SetInline(read is > 0 and < MaxInlineRead)) await inline.SwitchToThreadPool();
            return read;
        }
        catch (Exception)
        {
            if (SetInline(false)) await inline.SwitchToThreadPool();
            throw;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <summary>Sets whether reads continue inline. Returns true if this was just turned off: the current thread may be the polling thread.</summary>
    private bool SetInline(bool on)
    {
        if (on == _isInline) return false;
        _isInline = SetSocket(inline, socket, on);
        return !on;
    }

    private static bool SetSocket(InlineCompletions inline, Socket? socket, bool on)
    {
        if (socket is not null) inline.Set(socket, on);
        return on;
    }
}
