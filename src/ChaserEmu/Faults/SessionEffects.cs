using System.Text.Json.Serialization;
namespace ChaserEmu.Faults;

internal abstract record ProvisioningFault : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Provisioning;
}

/// <summary>Stays in <c>creating</c> for so many emulated seconds more.</summary>
internal sealed record StayCreatingFault(double Seconds) : ProvisioningFault
{
    public override string? Validate() => ValidateRange("seconds", Seconds, 0, 86_400);
}

/// <summary>Ends in <c>error</c> where it would become ready.</summary>
internal sealed record ProvisioningErrorFault : ProvisioningFault;

/// <summary>
/// Is ready without a <c>device</c> for the first so many polls (<c>GET /v1/sessions/{id}</c>) that find it ready. Until then lists have it
/// without one too, and count as no poll.
/// </summary>
internal sealed record DeviceMissingFault(int Polls = 1) : ProvisioningFault
{
    public override string? Validate() => ValidateRange("polls", Polls, 1, 1_000_000);
}

/// <summary>A fault of a session's browser, so many emulated seconds after the session became ready; at once when that has passed.</summary>
internal abstract record BrowserFault(double AfterSeconds) : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Browser;

    [JsonIgnore]
    public sealed override bool IsDeferred => true;

    public override string? Validate() => ValidateRange("after_seconds", AfterSeconds, 0, 86_400);
}

/// <summary>Kills the browser's processes, from which <c>substrate_down</c> follows.</summary>
internal sealed record BrowserCrashFault(double AfterSeconds = 0) : BrowserFault(AfterSeconds);

/// <summary>Stops the browser's processes until the rule is deleted.</summary>
internal sealed record BrowserFreezeFault(double AfterSeconds = 0) : BrowserFault(AfterSeconds);
