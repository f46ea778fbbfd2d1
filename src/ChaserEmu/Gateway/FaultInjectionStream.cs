using System.Runtime.CompilerServices;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Metering;
using ChaserEmu.Platform;

namespace ChaserEmu.Gateway;

/// <summary>
/// A stream between YARP and the tunnel that applies fault rules. Without a rule it forwards reads and writes unchanged. With a rule
/// it forwards frame by frame. A rule that is added in the middle of a frame applies from the next frame on.
/// </summary>
internal sealed class FaultInjectionStream(TunnelStream inner, TunnelFaultInjector faults) : DuplexStream
{
    private FrameTracker? _toClient;
    private FrameTracker? _toBrowser;
    private byte[] _buffered = [];
    private int _bufferedStart;

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        faults.GetFault(CdpDirection.ToClient) is null && _toClient is null ? inner.WriteAsync(buffer, cancellationToken) : WriteFramesAsync(buffer, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // YARP first reads into an empty buffer, to wait for data. Such a read must not consume a frame.
        if (_bufferedStart < _buffered.Length) return buffer.IsEmpty ? 0 : await ReadBufferedAsync(buffer, cancellationToken);
        var isAtBoundary = inner.IsReadAtFrameBoundary;
        var read = await inner.ReadAsync(buffer, cancellationToken);

        // The frame boundaries in this read are known only if it starts at a boundary.
        if (read == 0 || (_toBrowser is null && !(isAtBoundary && faults.GetFault(CdpDirection.ToBrowser) is not null))) return read;
        _buffered = buffer.Span[..read].ToArray();
        _bufferedStart = 0;
        return await ReadBufferedAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    private async ValueTask WriteFramesAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            _toClient ??= inner.ForkToClientTracker();
            var fault = faults.GetFault(CdpDirection.ToClient);
            if (fault is not null && _toClient.IsAtBoundary && !await fault.ApplyBeforeFrameAsync(cancellationToken)) return;
            var length = _toClient.FeedFrame(buffer.Span);
            await inner.WriteAsync(buffer[..length], cancellationToken);
            fault?.Count(length, _toClient.IsAtBoundary);
            buffer = buffer[length..];
        }

        if (faults.GetFault(CdpDirection.ToClient) is null) _toClient = null;
    }

    /// <summary>Returns buffered bytes, up to the end of a frame.</summary>
    private async ValueTask<int> ReadBufferedAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        _toBrowser ??= new FrameTracker();
        var fault = faults.GetFault(CdpDirection.ToBrowser);
        if (fault is not null && _toBrowser.IsAtBoundary && !await fault.ApplyBeforeFrameAsync(cancellationToken))
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);

        var frame = _buffered.AsMemory(_bufferedStart);
        frame = frame[..Math.Min(frame.Length, buffer.Length)];
        var length = _toBrowser.FeedFrame(frame.Span);
        frame[..length].CopyTo(buffer);
        _bufferedStart += length;
        if (fault is not null) fault.Count(length, _toBrowser.IsAtBoundary);
        else if (_toBrowser.IsAtBoundary && _bufferedStart == _buffered.Length) _toBrowser = null;
        return length;
    }
}
