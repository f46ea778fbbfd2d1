namespace ChaserEmu.Faults;

/// <inheritdoc cref="CdpStallFault"/>
internal sealed class CdpStall(CdpStallFault effect) : DeferredTunnelEffect(effect)
{
    public override async ValueTask<bool> ApplyBeforeFrameAsync(IFaultableTunnel tunnel, CancellationToken cancellationToken)
    {
        if (!IsDue(tunnel)) return true;
        tunnel.TryFire();
        await tunnel.Removed.WaitAsync(cancellationToken);
        return true;
    }
}
