using System.Net.Sockets;
using System.Runtime.CompilerServices;
using ChaserEmu.Kernel;

namespace ChaserEmu.Gateway;

/// <summary>
/// The client's end of a tunnel. Threads of the pool read it, which look out for more before they sleep: that makes a single tunnel
/// quick. Where more tunnels are at work than there are cores, it takes the cores from those that have something to do; then what a client
/// says is passed on by the thread that has heard of it.
/// </summary>
/// <param name="inner">What is read and written.</param>
/// <param name="socket">What it is made of at the bottom; null where the client has none.</param>
/// <param name="crowd">Of all tunnels.</param>
internal sealed class ClientSocket(Stream inner, Socket? socket, TunnelCrowd crowd) : DuplexStream
{
    /// <summary>From here on, passing on takes longer than a change of threads.</summary>
    private const int Large = 16 * 1024;

    private long _lastSeen;
    private bool _isInline;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);

            // What follows the end of a connection may take its time, too.
            if (Switch(read is > 0 and < Large && crowd.IsLarge(ref _lastSeen))) await InlineCompletions.Leave();
            return read;
        }
        catch (Exception)
        {
            if (Switch(false)) await InlineCompletions.Leave();
            throw;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    /// <summary>True when it has been switched off: this thread may be that of all sockets.</summary>
    private bool Switch(bool on)
    {
        if (on == _isInline || socket is null) return false;
        InlineCompletions.Set(socket, _isInline = on);
        return !on;
    }
}
