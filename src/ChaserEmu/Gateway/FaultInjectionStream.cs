using System.Runtime.CompilerServices;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Metering;

namespace ChaserEmu.Gateway;

/// <summary>
/// Stands between YARP and the tunnel's stream. Without a rule for the connection it hands on what it is given; with one it goes
/// frame by frame. A rule that comes in the middle of a frame begins with the next.
/// </summary>
internal sealed class FaultInjectionStream(TunnelStream inner, TunnelFaultInjector faults) : DuplexStream
{
    private FrameTracker? _toClient;
    private FrameTracker? _toBrowser;
    private byte[] _held = [];
    private int _heldFrom;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        faults.GetRule(CdpDirection.ToClient) is null && _toClient is null ? inner.WriteAsync(buffer, cancellationToken) : WriteFramesAsync(buffer, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // YARP reads nothing first, to learn that there is something: that is no frame.
        if (_heldFrom < _held.Length) return buffer.IsEmpty ? 0 : await ReadHeldAsync(buffer, cancellationToken);
        var atBoundary = inner.IsReadAtFrameBoundary;
        var read = await inner.ReadAsync(buffer, cancellationToken);

        // Where the frames of this read begin is known only from a boundary before it.
        if (read == 0 || (_toBrowser is null && !(atBoundary && faults.GetRule(CdpDirection.ToBrowser) is not null))) return read;
        _held = buffer.Span[..read].ToArray();
        _heldFrom = 0;
        return await ReadHeldAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    private async ValueTask WriteFramesAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            _toClient ??= inner.ForkToClientTracker();
            var rule = faults.GetRule(CdpDirection.ToClient);
            if (rule is not null && _toClient.IsAtBoundary && !await faults.ApplyBeforeFrameAsync(rule, cancellationToken)) return;
            var length = _toClient.FeedFrame(buffer.Span);
            await inner.WriteAsync(buffer[..length], cancellationToken);
            if (rule is not null) faults.Count(rule, length, _toClient.IsAtBoundary);
            buffer = buffer[length..];
        }

        if (faults.GetRule(CdpDirection.ToClient) is null) _toClient = null;
    }

    /// <summary>Gives what was read before, up to the end of a frame.</summary>
    private async ValueTask<int> ReadHeldAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _toBrowser ??= new FrameTracker();
        var rule = faults.GetRule(CdpDirection.ToBrowser);
        if (rule is not null && _toBrowser.IsAtBoundary && !await faults.ApplyBeforeFrameAsync(rule, cancellationToken))
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

        var held = _held.AsMemory(_heldFrom);
        held = held[..Math.Min(held.Length, buffer.Length)];
        var length = _toBrowser.FeedFrame(held.Span);
        held[..length].CopyTo(buffer);
        _heldFrom += length;
        if (rule is not null) faults.Count(rule, length, _toBrowser.IsAtBoundary);
        else if (_toBrowser.IsAtBoundary && _heldFrom == _held.Length) _toBrowser = null;
        return length;
    }
}
