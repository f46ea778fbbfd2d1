namespace ChaserEmu.Faults;

/// <inheritdoc cref="EgressLatencyFault"/>
internal sealed class EgressLatency(EgressLatencyFault effect) : IEgressFault
{
    public string? Validate() => FaultValues.ValidateRange("milliseconds", effect.Milliseconds, 0, FaultValues.MaxSeconds * 1000);

    public Task DelayConnectAsync(Task removed, CancellationToken cancellationToken) =>
        Task.WhenAny(removed, Task.Delay(TimeSpan.FromMilliseconds(effect.Milliseconds), TimeProvider.System, cancellationToken));
}
