namespace ChaserEmu.Faults;

/// <inheritdoc cref="StayCreatingFault"/>
internal sealed class StayCreating(StayCreatingFault effect) : IProvisioningFault
{
    public string? Validate() => FaultValues.ValidateRange("seconds", effect.Seconds, 0, FaultValues.MaxEmulatedSeconds);

    public SessionFault ApplyTo(string rule) => new(rule) { AdditionalDelay = TimeSpan.FromSeconds(effect.Seconds) };
}
