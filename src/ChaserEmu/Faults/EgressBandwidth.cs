namespace ChaserEmu.Faults;

/// <inheritdoc cref="EgressBandwidthFault"/>
internal sealed class EgressBandwidth(EgressBandwidthFault effect) : IEgressFault
{
    private const int ReadsPerSecond = 10;

    public string? Validate() => FaultValues.ValidateRange("bytes_per_second", effect.BytesPerSecond, 1, int.MaxValue);

    public EgressLimiter CreateLimiter(Task removed) => new RateLimit(effect.BytesPerSecond, removed);

    private sealed class RateLimit(long rate, Task removed) : EgressLimiter(removed)
    {
        /// <summary>Limits a read to a tenth of a second of bandwidth, so that a slow connection transfers evenly and not in bursts.</summary>
        protected override int GetReadLimit(int length) => (int)Math.Clamp(rate / ReadsPerSecond, 1, length);

        protected override async ValueTask<int> AcquireLimitedAsync(int bytes, CancellationToken cancellationToken)
        {
            await Task.WhenAny(Removed, Task.Delay(TimeSpan.FromSeconds((double)bytes / rate), TimeProvider.System, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            return bytes;
        }
    }
}
