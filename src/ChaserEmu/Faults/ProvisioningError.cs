namespace ChaserEmu.Faults;

/// <inheritdoc cref="ProvisioningErrorFault"/>
internal sealed class ProvisioningError : IProvisioningFault
{
    public SessionFault ApplyTo(string rule) => new(rule) { EndsInError = true };
}
