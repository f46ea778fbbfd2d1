using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>What a rule does when it fires. There is one record per effect; the field <c>type</c> selects it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RestStatusFault), "status")]
[JsonDerivedType(typeof(RestUnavailableFault), "unavailable")]
[JsonDerivedType(typeof(RestDelayFault), "delay")]
[JsonDerivedType(typeof(RestResetFault), "reset")]
[JsonDerivedType(typeof(RestTruncateFault), "truncate")]
[JsonDerivedType(typeof(StayCreatingFault), "stay_creating")]
[JsonDerivedType(typeof(ProvisioningErrorFault), "provisioning_error")]
[JsonDerivedType(typeof(DeviceMissingFault), "device_missing")]
[JsonDerivedType(typeof(CdpUrlLateFault), "cdp_url_late")]
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
public abstract record FaultEffect
{
    private static readonly IReadOnlyDictionary<Type, string> Kinds = TypeDiscriminators.Read(typeof(FaultEffect));

    /// <summary>Gets the <c>type</c> of the effect, such as <c>cdp_close</c>.</summary>
    [JsonIgnore]
    public string Kind => Kinds[GetType()];
}

/// <summary>Returns an error of the API. The request is not handled.</summary>
/// <param name="Code">The code of the error, such as <c>rate_limited</c> (429) or <c>payment_required</c> (402).</param>
/// <param name="RetryAfter">The <c>Retry-After</c> header in seconds, 1 to 3600. Default: 1 for a 429, which always has the header, and no header otherwise.</param>
public sealed record RestStatusFault([property: JsonRequired] string Code, double? RetryAfter = null) : FaultEffect;

/// <summary>Returns 503 <c>unavailable</c>. The request is not handled.</summary>
/// <param name="RetryAfter">The <c>Retry-After</c> header in seconds, 1 to 3600.</param>
public sealed record RestUnavailableFault(double RetryAfter = 1) : FaultEffect;

/// <summary>Delays the request, then handles it.</summary>
/// <param name="Seconds">The delay in real seconds, 0 to 3600.</param>
public sealed record RestDelayFault([property: JsonRequired] double Seconds) : FaultEffect;

/// <summary>Resets the TCP connection. The request is not handled.</summary>
public sealed record RestResetFault : FaultEffect;

/// <summary>Handles the request, sends the full <c>Content-Length</c> but only half of the body, and closes the connection. Without a body it resets the connection.</summary>
public sealed record RestTruncateFault : FaultEffect;

/// <summary>Keeps sessions that are created while the rule is active in <c>creating</c> for a longer time.</summary>
/// <param name="Seconds">The additional time in emulated seconds, 0 to 86,400.</param>
public sealed record StayCreatingFault([property: JsonRequired] double Seconds) : FaultEffect;

/// <summary>Ends sessions that are created while the rule is active in <c>error</c> when they would become ready.</summary>
public sealed record ProvisioningErrorFault : FaultEffect;

/// <summary>
/// Returns <c>device: null</c> in the first responses of <c>GET /v1/sessions/{id}</c> after the session is ready. Lists also return null until
/// then, but do not count as polls.
/// </summary>
/// <param name="Polls">The number of responses, 1 to 1,000,000.</param>
public sealed record DeviceMissingFault(int Polls = 1) : FaultEffect;

/// <summary>
/// Returns <c>cdp_url: null</c> in all responses with sessions in <c>creating</c>, the one of the creation included. The contract of the API has a
/// URL from creation; another page of the documentation says that it appears when the session is ready.
/// </summary>
public sealed record CdpUrlLateFault : FaultEffect;

/// <summary>A fault of a session's browser, some time after the session became ready, or at once if that time has passed.</summary>
/// <param name="AfterSeconds">Emulated seconds after <c>ready_at</c>, 0 to 86,400.</param>
public abstract record DeferredBrowserFault(double AfterSeconds) : FaultEffect;

/// <summary>Kills the browser's processes. The session ends as <c>substrate_down</c>; in test mode too.</summary>
/// <param name="AfterSeconds">Emulated seconds after <c>ready_at</c>, 0 to 86,400.</param>
public sealed record BrowserCrashFault(double AfterSeconds = 0) : DeferredBrowserFault(AfterSeconds);

/// <summary>Freezes the browser's processes until the rule is deleted.</summary>
/// <param name="AfterSeconds">Emulated seconds after <c>ready_at</c>, 0 to 86,400.</param>
public sealed record BrowserFreezeFault(double AfterSeconds = 0) : DeferredBrowserFault(AfterSeconds);

/// <summary>
/// A fault of a CDP connection that fires at the first frame boundary after a number of frames or bytes, counted since the rule applies to the
/// connection. Give at most one of the two.
/// </summary>
/// <param name="AfterFrames">The number of whole frames, control frames included, 0 or more.</param>
/// <param name="AfterBytes">The number of frame bytes, headers included, 0 or more. A frame is never cut.</param>
public abstract record DeferredTunnelFault(long? AfterFrames, long? AfterBytes) : FaultEffect;

/// <summary>Sends a close frame to the client and closes the connection.</summary>
/// <param name="Code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999.</param>
/// <param name="Reason">The close reason, at most 123 bytes of UTF-8.</param>
/// <param name="AfterFrames">The number of whole frames, control frames included, 0 or more.</param>
/// <param name="AfterBytes">The number of frame bytes, headers included, 0 or more. A frame is never cut.</param>
public sealed record CdpCloseFault(int Code = 1011, string Reason = "", long? AfterFrames = null, long? AfterBytes = null) : DeferredTunnelFault(AfterFrames, AfterBytes);

/// <summary>Resets the client's TCP connection, without a close frame.</summary>
/// <param name="AfterFrames">The number of whole frames, control frames included, 0 or more.</param>
/// <param name="AfterBytes">The number of frame bytes, headers included, 0 or more. A frame is never cut.</param>
public sealed record CdpDropFault(long? AfterFrames = null, long? AfterBytes = null) : DeferredTunnelFault(AfterFrames, AfterBytes);

/// <summary>Passes no further frames but leaves the connection open. When the rule is deleted, the held frames are sent.</summary>
/// <param name="AfterFrames">The number of whole frames, control frames included, 0 or more.</param>
/// <param name="AfterBytes">The number of frame bytes, headers included, 0 or more. A frame is never cut.</param>
public sealed record CdpStallFault(long? AfterFrames = null, long? AfterBytes = null) : DeferredTunnelFault(AfterFrames, AfterBytes);

/// <summary>Delays each frame of a CDP connection.</summary>
/// <param name="Milliseconds">The delay in real milliseconds, 0 to 3,600,000.</param>
public sealed record CdpDelayFault([property: JsonRequired] double Milliseconds) : FaultEffect;

/// <summary>Refuses the network connections of a browser.</summary>
public sealed record EgressRefuseFault : FaultEffect;

/// <summary>Resets a network connection of a browser.</summary>
/// <param name="AfterBytes">The number of bytes of both directions together after which it is reset, 0 or more.</param>
public sealed record EgressResetFault(long AfterBytes = 0) : FaultEffect;

/// <summary>Delays the opening of a network connection of a browser.</summary>
/// <param name="Milliseconds">The delay in real milliseconds, 0 to 3,600,000.</param>
public sealed record EgressLatencyFault([property: JsonRequired] double Milliseconds) : FaultEffect;

/// <summary>Limits the bandwidth of a network connection of a browser.</summary>
/// <param name="BytesPerSecond">The limit of each direction, in bytes per real second, 1 to 2,147,483,647.</param>
public sealed record EgressBandwidthFault([property: JsonRequired] long BytesPerSecond) : FaultEffect;
