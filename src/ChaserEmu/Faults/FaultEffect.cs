using System.Reflection;
using System.Text.Json.Serialization;

namespace ChaserEmu.Faults;

/// <summary>What a rule does where it fires. Its kinds are one record each, by site.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(StatusFault), "status")]
[JsonDerivedType(typeof(UnavailableFault), "unavailable")]
[JsonDerivedType(typeof(DelayFault), "delay")]
[JsonDerivedType(typeof(ResetFault), "reset")]
[JsonDerivedType(typeof(TruncateFault), "truncate")]
[JsonDerivedType(typeof(StayCreatingFault), "stay_creating")]
[JsonDerivedType(typeof(ProvisioningErrorFault), "provisioning_error")]
[JsonDerivedType(typeof(DeviceMissingFault), "device_missing")]
[JsonDerivedType(typeof(BrowserCrashFault), "browser_crash")]
[JsonDerivedType(typeof(BrowserFreezeFault), "browser_freeze")]
[JsonDerivedType(typeof(CdpCloseFault), "cdp_close")]
[JsonDerivedType(typeof(CdpDropFault), "cdp_drop")]
[JsonDerivedType(typeof(CdpStallFault), "cdp_stall")]
[JsonDerivedType(typeof(CdpDelayFault), "cdp_delay")]
[JsonDerivedType(typeof(EgressRefuseFault), "egress_refuse")]
[JsonDerivedType(typeof(EgressResetFault), "egress_reset")]
[JsonDerivedType(typeof(EgressLatencyFault), "egress_latency")]
[JsonDerivedType(typeof(EgressBandwidthFault), "egress_bandwidth")]
internal abstract record FaultEffect
{
    /// <summary>An hour, in seconds: no test waits longer for anything real.</summary>
    protected const double MaxSeconds = 3600;

    private static readonly Dictionary<Type, string> Kinds = typeof(FaultEffect).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(kind => kind.DerivedType, kind => (string)kind.TypeDiscriminator!);

    /// <summary>Its <c>type</c> in the API, such as <c>cdp_close</c>.</summary>
    [JsonIgnore]
    public string Kind => Kinds[GetType()];

    [JsonIgnore]
    public abstract FaultSite Site { get; }

    /// <summary>Whether it takes hold of something (a session, a connection) before it strikes, which may never come to pass.</summary>
    [JsonIgnore]
    public virtual bool IsDeferred => false;

    /// <summary>What is wrong with the values: which field, and what it must be. Null when nothing is.</summary>
    public virtual string? Validate() => null;

    protected static string? ValidateRange(string field, double value, double least, double most) =>
        value >= least && value <= most ? null : FormattableString.Invariant($"effect.{field} must be from {least} to {most}.");
}
