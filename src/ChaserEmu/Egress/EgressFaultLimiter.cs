using ChaserEmu.Faults;

namespace ChaserEmu.Egress;

/// <summary>Slows down or resets one connection according to its fault rule, until the rule is deleted.</summary>
internal sealed class EgressFaultLimiter(FaultRule rule)
{
    private const int ReadsPerSecond = 10;
    private long _acquired;

    /// <summary>Limits a read to a tenth of a second of bandwidth, so that a slow connection transfers evenly and not in bursts.</summary>
    public Memory<byte> LimitBuffer(Memory<byte> buffer) => rule.Effect is EgressBandwidthFault { BytesPerSecond: var rate } && !rule.Removed.IsCompleted
        ? buffer[..(int)Math.Clamp(rate / ReadsPerSecond, 1, buffer.Length)]
        : buffer;

    /// <summary>Waits until the bytes may pass. Returns how many may pass; if fewer than <paramref name="bytes"/>, the caller resets the connection.</summary>
    public async ValueTask<int> AcquireAsync(int bytes, CancellationToken cancellationToken)
    {
        if (rule.Removed.IsCompleted) return bytes;
        switch (rule.Effect)
        {
            case EgressBandwidthFault { BytesPerSecond: var rate }:
                await Task.WhenAny(rule.Removed, Task.Delay(TimeSpan.FromSeconds((double)bytes / rate), TimeProvider.System, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                return bytes;
            case EgressResetFault { AfterBytes: var limit }:
                var acquiredBefore = Interlocked.Add(ref _acquired, bytes) - bytes;
                return (int)Math.Clamp(limit - acquiredBefore, 0, bytes);
            default:
                return bytes;
        }
    }
}
