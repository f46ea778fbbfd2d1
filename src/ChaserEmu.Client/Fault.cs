using System.Text.Json;

namespace ChaserEmu.Client;

/// <summary>
/// A fault to inject: its effect, where it applies, and how often it fires. Create one with <see cref="RestFault"/>,
/// <see cref="ProvisioningFault"/>, <see cref="BrowserFault"/>, <see cref="CdpFault"/> or <see cref="NetworkFault"/>.
/// </summary>
/// <remarks>
/// Faults are immutable: each builder method returns a new fault. A fault has no effect until it is added with
/// <see cref="EmulatorFaults.AddAsync"/>. The emulator checks the values then.
/// </remarks>
public abstract class Fault
{
    private protected Fault(FaultRequest request) => Request = request;

    /// <summary>Gets the rule, in the format of <c>POST /_emu/faults</c>.</summary>
    internal FaultRequest Request { get; }

    /// <summary>Returns the rule as JSON, in the format of <c>POST /_emu/faults</c>.</summary>
    public sealed override string ToString() => JsonSerializer.Serialize(Request, FaultsJson.Default.FaultRequest);
}

/// <summary>The conditions that all kinds of faults share.</summary>
/// <typeparam name="TFault">The kind of fault.</typeparam>
public abstract class Fault<TFault> : Fault
    where TFault : Fault<TFault>
{
    private protected Fault(FaultRequest request)
        : base(request)
    {
    }

    /// <summary>Limits the fault to the workspace of this API key. It applies to all keys of that workspace.</summary>
    public TFault ForKey(string key) => With(Matching(match => match with { Key = key }));

    /// <summary>Limits the fault to fire once.</summary>
    public TFault Once() => Times(1);

    /// <summary>Limits how often the fault fires, 1 or more. Without this limit it fires each time.</summary>
    public TFault Times(long count) => With(Request with { Count = count });

    /// <summary>Limits the fault to the n-th occurrence that matches the other conditions. 1 is the first.</summary>
    public TFault OnlyNth(long nth) => With(Matching(match => match with { Nth = nth }));

    /// <summary>Sets the probability, 0 to 1, that the fault fires. Repeatable if the emulator has a <c>Seed</c>.</summary>
    public TFault WithProbability(double probability) => With(Request with { Probability = probability });

    private protected FaultRequest Matching(Func<FaultMatch, FaultMatch> change) => Request with { Match = change(Request.Match ?? new FaultMatch()) };

    private protected abstract TFault With(FaultRequest request);
}

/// <summary>
/// A fault of <c>/v1</c> requests with a valid key. Its responses have the header <c>x-chaser-emu-fault</c> with the id of the rule.
/// </summary>
public sealed class RestFault : Fault<RestFault>
{
    private RestFault(FaultRequest request)
        : base(request)
    {
    }

    /// <summary>Returns an error of the service, with its status and message. The request has no effect.</summary>
    /// <param name="code">The error code, such as <c>rate_limited</c> (429) or <c>payment_required</c> (402).</param>
    /// <param name="retryAfter">The <c>Retry-After</c> header, 1 second to 1 hour. Default: 1 second for a 429, none for others.</param>
    public static RestFault Status(string code, TimeSpan? retryAfter = null) => new(new FaultRequest(new RestStatusFault(code, retryAfter?.TotalSeconds)));

    /// <summary>Returns 503 <c>unavailable</c>. The request has no effect.</summary>
    /// <param name="retryAfter">The <c>Retry-After</c> header, 1 second to 1 hour. Default: 1 second.</param>
    public static RestFault Unavailable(TimeSpan? retryAfter = null) => new(new FaultRequest(retryAfter is { } wait ? new RestUnavailableFault(wait.TotalSeconds) : new RestUnavailableFault()));

    /// <summary>Delays the request, in real time, up to 1 hour, and then handles it.</summary>
    public static RestFault Delay(TimeSpan by) => new(new FaultRequest(new RestDelayFault(by.TotalSeconds)));

    /// <summary>Resets the TCP connection without a response. The request has no effect.</summary>
    public static RestFault Reset() => new(new FaultRequest(new RestResetFault()));

    /// <summary>Handles the request, sends the full <c>Content-Length</c> but half of the body, and closes the connection.</summary>
    public static RestFault Truncate() => new(new FaultRequest(new RestTruncateFault()));

    /// <summary>Limits the fault to requests about this session.</summary>
    public RestFault ForSession(string id) => With(Matching(match => match with { Session = id }));

    /// <summary>Limits the fault to requests with this method.</summary>
    public RestFault On(HttpMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return With(Matching(match => match with { Method = method.Method }));
    }

    /// <summary>Limits the fault to requests of a route of openapi.yaml, such as <c>/v1/sessions/{id}</c>, or of a path.</summary>
    public RestFault On(string route) => With(Matching(match => match with { Route = route }));

    /// <summary>Limits the fault to requests with this method and route.</summary>
    public RestFault On(HttpMethod method, string route) => On(method).On(route);

    private protected override RestFault With(FaultRequest request) => new(request);
}

/// <summary>A fault of sessions that are created while the rule is active.</summary>
public sealed class ProvisioningFault : Fault<ProvisioningFault>
{
    private ProvisioningFault(FaultRequest request)
        : base(request)
    {
    }

    /// <summary>
    /// Keeps the session in <c>creating</c> for a longer time: emulated time, up to 1 day. Deleting the rule does not shorten it.
    /// </summary>
    public static ProvisioningFault StayCreating(TimeSpan by) => new(new FaultRequest(new StayCreatingFault(by.TotalSeconds)));

    /// <summary>Ends the session as <c>error</c> instead of <c>ready</c>.</summary>
    public static ProvisioningFault Error() => new(new FaultRequest(new ProvisioningErrorFault()));

    /// <summary>
    /// Returns the ready session with <c>device</c> null for the first polls (<c>GET /v1/sessions/{id}</c>). Until then, lists show null too;
    /// listing does not count as a poll.
    /// </summary>
    /// <param name="polls">The number of polls, 1 to 1,000,000.</param>
    public static ProvisioningFault DeviceMissing(int polls = 1) => new(new FaultRequest(new DeviceMissingFault(polls)));

    /// <summary>Returns the session with <c>cdp_url</c> null while it is in <c>creating</c>, in the response of the creation too.</summary>
    public static ProvisioningFault CdpUrlLate() => new(new FaultRequest(new CdpUrlLateFault()));

    private protected override ProvisioningFault With(FaultRequest request) => new(request);
}

/// <summary>A fault of the browsers of sessions that are ready, or become ready while the rule is active.</summary>
public sealed class BrowserFault : Fault<BrowserFault>
{
    private BrowserFault(FaultRequest request)
        : base(request)
    {
    }

    /// <summary>Kills the browser's processes. The session is closed as <c>substrate_down</c>.</summary>
    /// <param name="after">The emulated time after <c>ready_at</c>, up to 1 day. If it has passed already, the fault fires at once.</param>
    public static BrowserFault Crash(TimeSpan after = default) => new(new FaultRequest(new BrowserCrashFault(after.TotalSeconds)));

    /// <summary>Suspends the browser's processes until the rule is deleted.</summary>
    /// <param name="after">The emulated time after <c>ready_at</c>, up to 1 day. If it has passed already, the fault fires at once.</param>
    public static BrowserFault Freeze(TimeSpan after = default) => new(new FaultRequest(new BrowserFreezeFault(after.TotalSeconds)));

    /// <summary>Limits the fault to this session.</summary>
    public BrowserFault ForSession(string id) => With(Matching(match => match with { Session = id }));

    private protected override BrowserFault With(FaultRequest request) => new(request);
}

/// <summary>
/// A fault of CDP connections, including those already open. It fires between complete WebSocket frames.
/// </summary>
/// <remarks>
/// Frames and bytes are counted per connection, from the time the rule first applies to it. Without <c>afterFrames</c> and
/// <c>afterBytes</c> the fault fires at the next frame.
/// </remarks>
public sealed class CdpFault : Fault<CdpFault>
{
    private CdpFault(FaultRequest request)
        : base(request)
    {
    }

    /// <summary>Sends a close frame to the client and closes the connection.</summary>
    /// <param name="code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999 (RFC 6455, section 7.4).</param>
    /// <param name="reason">The close reason, at most 123 bytes of UTF-8.</param>
    /// <param name="afterFrames">Fires after this number of frames.</param>
    /// <param name="afterBytes">Fires after this number of bytes of frames. Cannot be combined with <paramref name="afterFrames"/>.</param>
    public static CdpFault Close(int code = 1011, string reason = "", long? afterFrames = null, long? afterBytes = null) =>
        new(new FaultRequest(new CdpCloseFault(code, reason, afterFrames, afterBytes)));

    /// <summary>Resets the client's TCP connection without a close frame.</summary>
    /// <param name="afterFrames">Fires after this number of frames.</param>
    /// <param name="afterBytes">Fires after this number of bytes of frames. Cannot be combined with <paramref name="afterFrames"/>.</param>
    public static CdpFault Drop(long? afterFrames = null, long? afterBytes = null) =>
        new(new FaultRequest(new CdpDropFault(afterFrames, afterBytes)));

    /// <summary>Stops forwarding frames but keeps the connection open. Held frames are forwarded when the rule is deleted.</summary>
    /// <param name="afterFrames">Fires after this number of frames.</param>
    /// <param name="afterBytes">Fires after this number of bytes of frames. Cannot be combined with <paramref name="afterFrames"/>.</param>
    public static CdpFault Stall(long? afterFrames = null, long? afterBytes = null) =>
        new(new FaultRequest(new CdpStallFault(afterFrames, afterBytes)));

    /// <summary>Delays each frame.</summary>
    /// <param name="by">The delay, in real time; at most 1 hour.</param>
    public static CdpFault Delay(TimeSpan by) => new(new FaultRequest(new CdpDelayFault(by.TotalMilliseconds)));

    /// <summary>Limits the fault to this session.</summary>
    public CdpFault ForSession(string id) => With(Matching(match => match with { Session = id }));

    /// <summary>Limits the fault to frames of one direction. Without this limit it applies to both.</summary>
    public CdpFault Only(CdpDirection direction) => With(Matching(match => match with { Direction = direction }));

    private protected override CdpFault With(FaultRequest request) => new(request);
}

/// <summary>A fault of network connections that browsers open while the rule is active.</summary>
public sealed class NetworkFault : Fault<NetworkFault>
{
    private NetworkFault(FaultRequest request)
        : base(request)
    {
    }

    /// <summary>Refuses the connection.</summary>
    public static NetworkFault Refuse() => new(new FaultRequest(new EgressRefuseFault()));

    /// <summary>Resets the connection after a number of bytes, counted over both directions.</summary>
    public static NetworkFault Reset(long afterBytes = 0) => new(new FaultRequest(new EgressResetFault(afterBytes)));

    /// <summary>Delays the opening of the connection, in real time, up to 1 hour.</summary>
    public static NetworkFault Latency(TimeSpan by) => new(new FaultRequest(new EgressLatencyFault(by.TotalMilliseconds)));

    /// <summary>Limits the bandwidth of each direction, in bytes per real second, 1 to 2,147,483,647.</summary>
    public static NetworkFault Bandwidth(long bytesPerSecond) => new(new FaultRequest(new EgressBandwidthFault(bytesPerSecond)));

    /// <summary>Limits the fault to the browser of this session.</summary>
    public NetworkFault ForSession(string id) => With(Matching(match => match with { Session = id }));

    /// <summary>Limits the fault to connections to this host name, as the browser sends it, without a port.</summary>
    public NetworkFault ToHost(string host) => With(Matching(match => match with { Host = host }));

    private protected override NetworkFault With(FaultRequest request) => new(request);
}
