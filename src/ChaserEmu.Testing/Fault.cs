using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

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
    private readonly JsonObject _rule;

    private protected Fault(JsonObject rule) => _rule = rule;

    /// <summary>Returns the rule as JSON, in the format of <c>POST /_emu/faults</c>.</summary>
    public sealed override string ToString() => _rule.ToJsonString();

    private protected JsonObject RuleWith(string name, JsonNode value)
    {
        var rule = (JsonObject)_rule.DeepClone();
        rule[name] = value;
        return rule;
    }

    private protected JsonObject RuleMatching(string name, JsonNode value)
    {
        var match = (JsonObject?)_rule["match"]?.DeepClone() ?? [];
        match[name] = value;
        return RuleWith("match", match);
    }

    private protected static JsonObject Effect(string type, params ReadOnlySpan<(string Name, JsonNode? Value)> values)
    {
        var effect = new JsonObject { ["type"] = type };
        foreach (var (name, value) in values)
        {
            if (value is not null) effect[name] = value;
        }

        return new JsonObject { ["effect"] = effect };
    }
}

/// <summary>The conditions that all kinds of faults share.</summary>
/// <typeparam name="TFault">The kind of fault.</typeparam>
public abstract class Fault<TFault> : Fault
    where TFault : Fault<TFault>
{
    private protected Fault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Limits the fault to the workspace of this API key. It applies to all keys of that workspace.</summary>
    public TFault ForKey(string key) => With(RuleMatching("key", key));

    /// <summary>Limits the fault to fire once.</summary>
    public TFault Once() => Times(1);

    /// <summary>Limits how often the fault fires, 1 or more. Without this limit it fires each time.</summary>
    public TFault Times(long count) => With(RuleWith("count", count));

    /// <summary>Limits the fault to the n-th occurrence that matches the other conditions. 1 is the first.</summary>
    public TFault OnlyNth(long nth) => With(RuleMatching("nth", nth));

    /// <summary>Sets the probability, 0 to 1, that the fault fires. Repeatable if the emulator has a <c>Seed</c>.</summary>
    public TFault WithProbability(double probability) => With(RuleWith("probability", probability));

    private protected abstract TFault With(JsonObject rule);
}

/// <summary>
/// A fault of <c>/v1</c> requests with a valid key. Its responses have the header <c>x-chaser-emu-fault</c> with the id of the rule.
/// </summary>
public sealed class RestFault : Fault<RestFault>
{
    private RestFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Returns an error of the service, with its status and message. The request has no effect.</summary>
    /// <param name="code">The error code, such as <c>rate_limited</c> (429) or <c>payment_required</c> (402).</param>
    /// <param name="retryAfter">The <c>Retry-After</c> header, 1 second to 1 hour. Default: 1 second for a 429, none for others.</param>
    public static RestFault Status(string code, TimeSpan? retryAfter = null) => new(Effect("status", ("code", code), ("retry_after", retryAfter?.TotalSeconds)));

    /// <summary>Returns 503 <c>unavailable</c>. The request has no effect.</summary>
    /// <param name="retryAfter">The <c>Retry-After</c> header, 1 second to 1 hour. Default: 1 second.</param>
    public static RestFault Unavailable(TimeSpan? retryAfter = null) => new(Effect("unavailable", ("retry_after", retryAfter?.TotalSeconds)));

    /// <summary>Delays the request, in real time, up to 1 hour, and then handles it.</summary>
    public static RestFault Delay(TimeSpan by) => new(Effect("delay", ("seconds", by.TotalSeconds)));

    /// <summary>Resets the TCP connection without a response. The request has no effect.</summary>
    public static RestFault Reset() => new(Effect("reset"));

    /// <summary>Handles the request, sends the full <c>Content-Length</c> but half of the body, and closes the connection.</summary>
    public static RestFault Truncate() => new(Effect("truncate"));

    /// <summary>Limits the fault to requests about this session.</summary>
    public RestFault ForSession(string id) => With(RuleMatching("session", id));

    /// <summary>Limits the fault to requests with this method.</summary>
    public RestFault On(HttpMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return With(RuleMatching("method", method.Method));
    }

    /// <summary>Limits the fault to requests of a route of openapi.yaml, such as <c>/v1/sessions/{id}</c>, or of a path.</summary>
    public RestFault On(string route) => With(RuleMatching("route", route));

    /// <summary>Limits the fault to requests with this method and route.</summary>
    public RestFault On(HttpMethod method, string route) => On(method).On(route);

    private protected override RestFault With(JsonObject rule) => new(rule);
}

/// <summary>A fault of sessions that are created while the rule is active.</summary>
public sealed class ProvisioningFault : Fault<ProvisioningFault>
{
    private ProvisioningFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>
    /// Keeps the session in <c>creating</c> for a longer time: emulated time, up to 1 day. Deleting the rule does not shorten it.
    /// </summary>
    public static ProvisioningFault StayCreating(TimeSpan by) => new(Effect("stay_creating", ("seconds", by.TotalSeconds)));

    /// <summary>Ends the session as <c>error</c> instead of <c>ready</c>.</summary>
    public static ProvisioningFault Error() => new(Effect("provisioning_error"));

    /// <summary>
    /// Returns the ready session with <c>device</c> null for the first polls (<c>GET /v1/sessions/{id}</c>). Until then, lists show null too;
    /// listing does not count as a poll.
    /// </summary>
    /// <param name="polls">The number of polls, 1 to 1,000,000.</param>
    public static ProvisioningFault DeviceMissing(int polls = 1) => new(Effect("device_missing", ("polls", polls)));

    private protected override ProvisioningFault With(JsonObject rule) => new(rule);
}

/// <summary>A fault of the browsers of sessions that are ready, or become ready while the rule is active.</summary>
public sealed class BrowserFault : Fault<BrowserFault>
{
    private BrowserFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Kills the browser's processes. The session is closed as <c>substrate_down</c>.</summary>
    /// <param name="after">The emulated time after <c>ready_at</c>, up to 1 day. If it has passed already, the fault fires at once.</param>
    public static BrowserFault Crash(TimeSpan after = default) => new(Effect("browser_crash", ("after_seconds", after.TotalSeconds)));

    /// <summary>Suspends the browser's processes until the rule is deleted.</summary>
    /// <param name="after">The emulated time after <c>ready_at</c>, up to 1 day. If it has passed already, the fault fires at once.</param>
    public static BrowserFault Freeze(TimeSpan after = default) => new(Effect("browser_freeze", ("after_seconds", after.TotalSeconds)));

    /// <summary>Limits the fault to this session.</summary>
    public BrowserFault ForSession(string id) => With(RuleMatching("session", id));

    private protected override BrowserFault With(JsonObject rule) => new(rule);
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
    private CdpFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Sends a close frame to the client and closes the connection.</summary>
    /// <param name="code">The close code: 1000 to 1003, 1007 to 1014, or 3000 to 4999 (RFC 6455, section 7.4).</param>
    /// <param name="reason">The close reason, at most 123 bytes of UTF-8.</param>
    /// <param name="afterFrames">Fires after this number of frames.</param>
    /// <param name="afterBytes">Fires after this number of bytes of frames. Cannot be combined with <paramref name="afterFrames"/>.</param>
    public static CdpFault Close(int code = 1011, string reason = "", long? afterFrames = null, long? afterBytes = null) =>
        new(Effect("cdp_close", ("code", code), ("reason", reason), ("after_frames", afterFrames), ("after_bytes", afterBytes)));

    /// <summary>Resets the client's TCP connection without a close frame.</summary>
    /// <param name="afterFrames">Fires after this number of frames.</param>
    /// <param name="afterBytes">Fires after this number of bytes of frames. Cannot be combined with <paramref name="afterFrames"/>.</param>
    public static CdpFault Drop(long? afterFrames = null, long? afterBytes = null) =>
        new(Effect("cdp_drop", ("after_frames", afterFrames), ("after_bytes", afterBytes)));

    /// <summary>Stops forwarding frames but keeps the connection open. Held frames are forwarded when the rule is deleted.</summary>
    /// <param name="afterFrames">Fires after this number of frames.</param>
    /// <param name="afterBytes">Fires after this number of bytes of frames. Cannot be combined with <paramref name="afterFrames"/>.</param>
    public static CdpFault Stall(long? afterFrames = null, long? afterBytes = null) =>
        new(Effect("cdp_stall", ("after_frames", afterFrames), ("after_bytes", afterBytes)));

    /// <summary>Delays each frame.</summary>
    /// <param name="by">The delay, in real time; at most 1 hour.</param>
    public static CdpFault Delay(TimeSpan by) => new(Effect("cdp_delay", ("milliseconds", by.TotalMilliseconds)));

    /// <summary>Limits the fault to this session.</summary>
    public CdpFault ForSession(string id) => With(RuleMatching("session", id));

    /// <summary>Limits the fault to frames of one direction. Without this limit it applies to both.</summary>
    public CdpFault Only(CdpDirection direction) => With(RuleMatching("direction", WireEnumConverter<CdpDirection>.ToWire(direction)));

    private protected override CdpFault With(JsonObject rule) => new(rule);
}

/// <summary>Specifies a direction of a CDP connection.</summary>
[JsonConverter(typeof(WireEnumConverter<CdpDirection>))]
public enum CdpDirection
{
    /// <summary>From the browser to the client: responses and events.</summary>
    ToClient,

    /// <summary>From the client to the browser: commands.</summary>
    ToBrowser,
}

/// <summary>A fault of network connections that browsers open while the rule is active.</summary>
public sealed class NetworkFault : Fault<NetworkFault>
{
    private NetworkFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Refuses the connection.</summary>
    public static NetworkFault Refuse() => new(Effect("egress_refuse"));

    /// <summary>Resets the connection after a number of bytes, counted over both directions.</summary>
    public static NetworkFault Reset(long afterBytes = 0) => new(Effect("egress_reset", ("after_bytes", afterBytes)));

    /// <summary>Delays the opening of the connection, in real time, up to 1 hour.</summary>
    public static NetworkFault Latency(TimeSpan by) => new(Effect("egress_latency", ("milliseconds", by.TotalMilliseconds)));

    /// <summary>Limits the bandwidth of each direction, in bytes per real second, 1 to 2,147,483,647.</summary>
    public static NetworkFault Bandwidth(long bytesPerSecond) => new(Effect("egress_bandwidth", ("bytes_per_second", bytesPerSecond)));

    /// <summary>Limits the fault to the browser of this session.</summary>
    public NetworkFault ForSession(string id) => With(RuleMatching("session", id));

    /// <summary>Limits the fault to connections to this host name, as the browser sends it, without a port.</summary>
    public NetworkFault ToHost(string host) => With(RuleMatching("host", host));

    private protected override NetworkFault With(JsonObject rule) => new(rule);
}
