using ChaserEmu.Faults;

namespace ChaserEmu.Egress;

/// <summary>Holds or cuts the bytes of one connection, as its rule says, until the rule is deleted.</summary>
internal sealed class EgressFaultLimiter(FaultRule rule)
{
    private const int PartsOfASecond = 10;
    private long _passed;

    /// <summary>How much to take at once, so that a narrow connection flows rather than stutters.</summary>
    public Memory<byte> LimitBuffer(Memory<byte> buffer) => rule.Effect is EgressBandwidthFault { BytesPerSecond: var rate } && !rule.Removed.IsCompleted
        ? buffer[..(int)Math.Clamp(rate / PartsOfASecond, 1, buffer.Length)]
        : buffer;

    /// <summary>How many of these bytes may pass, when they may; after fewer than there are the connection is reset.</summary>
    public async ValueTask<int> AcquireAsync(int bytes, CancellationToken cancellationToken)
    {
        if (rule.Removed.IsCompleted) return bytes;
        switch (rule.Effect)
        {
            case EgressBandwidthFault { BytesPerSecond: var rate }:
                await Task.WhenAny(rule.Removed, Task.Delay(TimeSpan.FromSeconds((double)bytes / rate), TimeProvider.System, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                return bytes;
            case EgressResetFault { AfterBytes: var most }:
                var before = Interlocked.Add(ref _passed, bytes) - bytes;
                return (int)Math.Clamp(most - before, 0, bytes);
            default:
                return bytes;
        }
    }
}
