using System.Text.Json.Serialization;
namespace ChaserEmu.Faults;

internal abstract record ProvisioningFault : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Provisioning;
}

/// <summary>Keeps the session in <c>creating</c> for <paramref name="Seconds"/> more, in emulated time.</summary>
internal sealed record StayCreatingFault(double Seconds) : ProvisioningFault
{
    public override string? Validate() => ValidateRange("seconds", Seconds, 0, 86_400);
}

/// <summary>Ends the session in <c>error</c> when it would become ready.</summary>
internal sealed record ProvisioningErrorFault : ProvisioningFault;

/// <summary>
/// Returns <c>device: null</c> in the first <paramref name="Polls"/> responses of <c>GET /v1/sessions/{id}</c> after the session is ready.
/// Lists also return null until then, but do not count as polls.
/// </summary>
internal sealed record DeviceMissingFault(int Polls = 1) : ProvisioningFault
{
    public override string? Validate() => ValidateRange("polls", Polls, 1, 1_000_000);
}

/// <summary>A fault of a session's browser, <paramref name="AfterSeconds"/> of emulated time after the session became ready, or at once if that time has passed.</summary>
internal abstract record BrowserFault(double AfterSeconds) : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Browser;

    [JsonIgnore]
    public sealed override bool IsDeferred => true;

    public override string? Validate() => ValidateRange("after_seconds", AfterSeconds, 0, 86_400);
}

/// <summary>Kills the browser's processes; the session ends with <c>substrate_down</c>.</summary>
internal sealed record BrowserCrashFault(double AfterSeconds = 0) : BrowserFault(AfterSeconds);

/// <summary>Freezes the browser's processes until the rule is deleted.</summary>
internal sealed record BrowserFreezeFault(double AfterSeconds = 0) : BrowserFault(AfterSeconds);
