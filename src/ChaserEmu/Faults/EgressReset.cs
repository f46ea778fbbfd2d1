namespace ChaserEmu.Faults;

/// <inheritdoc cref="EgressResetFault"/>
internal sealed class EgressReset(EgressResetFault effect) : IEgressFault
{
    public string? Validate() => FaultValues.ValidateMinimum("after_bytes", effect.AfterBytes);

    public EgressLimiter CreateLimiter(Task removed) => new ByteLimit(effect.AfterBytes, removed);

    /// <summary>Counts the bytes of both directions of one connection.</summary>
    private sealed class ByteLimit(long limit, Task removed) : EgressLimiter(removed)
    {
        private long _acquired;

        protected override ValueTask<int> AcquireLimitedAsync(int bytes, CancellationToken cancellationToken)
        {
            var acquiredBefore = Interlocked.Add(ref _acquired, bytes) - bytes;
            return new((int)Math.Clamp(limit - acquiredBefore, 0, bytes));
        }
    }
}
