using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChaserEmu.Platform;

namespace ChaserEmu.Gateway;

/// <summary>The client's end of a tunnel. What a client says is passed on by the thread that has heard of it, unless there is much of it.</summary>
/// <param name="inner">What is read and written.</param>
/// <param name="socket">What it is made of at the bottom; null where the client has none.</param>
/// <param name="lookout">Where to look out for the browser's answer; null where nobody does.</param>
internal sealed class ClientStream(Stream inner, Socket? socket, BusyPoller? lookout) : DuplexStream
{
    /// <summary>Half of the blocks that Kestrel reads into. A client that fills them may have more to say than the thread of all sockets has time for.</summary>
    private const int Large = 2 * 1024;

    private bool _isInline = Set(socket, true);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var reading = inner.ReadAsync(buffer, cancellationToken);
            if (_isInline && !reading.IsCompleted) lookout?.PollForResponse();
            var read = await reading;
            lookout?.OnCommand();

            // What follows the end of a connection may take its time, too.
            if (Switch(read is > 0 and < Large)) await InlineCompletions.SwitchToThreadPool();
            return read;
        }
        catch (Exception)
        {
            if (Switch(false)) await InlineCompletions.SwitchToThreadPool();
            throw;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <summary>True when it has been switched off: this thread may be that of all sockets.</summary>
    private bool Switch(bool on)
    {
        if (on == _isInline) return false;
        _isInline = Set(socket, on);
        return !on;
    }

    private static bool Set(Socket? socket, bool on)
    {
        if (socket is not null) InlineCompletions.Set(socket, on);
        return on;
    }
}
