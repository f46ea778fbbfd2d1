using System.Reflection;
using System.Text.Json.Serialization;

namespace ChaserEmu.Faults;

/// <summary>What a rule does when it fires. There is one record per effect.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RestStatusFault), "status")]
[JsonDerivedType(typeof(RestUnavailableFault), "unavailable")]
[JsonDerivedType(typeof(RestDelayFault), "delay")]
[JsonDerivedType(typeof(RestResetFault), "reset")]
[JsonDerivedType(typeof(RestTruncateFault), "truncate")]
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
    /// <summary>The upper limit of delays in real time: one hour.</summary>
    protected const double MaxSeconds = 3600;

    private static readonly Dictionary<Type, string> Kinds = typeof(FaultEffect).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .ToDictionary(kind => kind.DerivedType, kind => (string)kind.TypeDiscriminator!);

    /// <summary>Gets the <c>type</c> of the effect in the API, such as <c>cdp_close</c>.</summary>
    [JsonIgnore]
    public string Kind => Kinds[GetType()];

    [JsonIgnore]
    public abstract FaultSite Site { get; }

    /// <summary>Gets whether the rule first reserves a session or connection and fires later. It may never fire.</summary>
    [JsonIgnore]
    public virtual bool IsDeferred => false;

    /// <summary>Returns which field is invalid and what it must be, or null if all values are valid.</summary>
    public virtual string? Validate() => null;

    protected static string? ValidateRange(string field, double value, double min, double max) =>
        value >= min && value <= max ? null : FormattableString.Invariant($"effect.{field} must be from {min} to {max}.");
}
