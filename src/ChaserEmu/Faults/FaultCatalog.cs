namespace ChaserEmu.Faults;

/// <summary>All effects. A new one is registered here, and nowhere else.</summary>
internal static class FaultCatalog
{
    private static readonly Dictionary<Type, Func<FaultEffect, IFault>> Factories = new Dictionary<Type, Func<FaultEffect, IFault>>()
        .With((RestStatusFault effect) => new RestStatus(effect))
        .With((RestUnavailableFault effect) => new RestUnavailable(effect))
        .With((RestDelayFault effect) => new RestDelay(effect))
        .With((RestResetFault _) => new RestReset())
        .With((RestTruncateFault _) => new RestTruncate())
        .With((StayCreatingFault effect) => new StayCreating(effect))
        .With((ProvisioningErrorFault _) => new ProvisioningError())
        .With((DeviceMissingFault effect) => new DeviceMissing(effect))
        .With((CdpUrlLateFault _) => new CdpUrlLate())
        .With((BrowserCrashFault effect) => new BrowserCrash(effect))
        .With((BrowserFreezeFault effect) => new BrowserFreeze(effect))
        .With((CdpCloseFault effect) => new CdpClose(effect))
        .With((CdpDropFault effect) => new CdpDrop(effect))
        .With((CdpStallFault effect) => new CdpStall(effect))
        .With((CdpDelayFault effect) => new CdpDelay(effect))
        .With((EgressRefuseFault _) => new EgressRefuse())
        .With((EgressResetFault effect) => new EgressReset(effect))
        .With((EgressLatencyFault effect) => new EgressLatency(effect))
        .With((EgressBandwidthFault effect) => new EgressBandwidth(effect));

    /// <summary>Returns what an effect does.</summary>
    public static IFault Create(FaultEffect effect) => Factories[effect.GetType()](effect);

    private static Dictionary<Type, Func<FaultEffect, IFault>> With<TEffect>(this Dictionary<Type, Func<FaultEffect, IFault>> factories, Func<TEffect, IFault> create)
        where TEffect : FaultEffect
    {
        factories.Add(typeof(TEffect), effect => create((TEffect)effect));
        return factories;
    }
}
