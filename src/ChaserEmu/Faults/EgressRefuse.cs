namespace ChaserEmu.Faults;

/// <inheritdoc cref="EgressRefuseFault"/>
internal sealed class EgressRefuse : IEgressFault
{
    public bool RefusesConnection => true;
}
