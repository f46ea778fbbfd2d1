namespace ChaserEmu.Faults;

/// <inheritdoc cref="CdpDropFault"/>
internal sealed class CdpDrop(CdpDropFault effect) : EndingTunnelEffect(effect)
{
    protected override void End(IFaultableTunnel tunnel) => tunnel.Drop();
}
