using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

/// <summary>
/// Something that is to go wrong: what, where, and how often. Made by <see cref="RestFault"/>, <see cref="ProvisioningFault"/>,
/// <see cref="BrowserFault"/>, <see cref="CdpFault"/> and <see cref="NetworkFault"/>, and narrowed down by their methods, each of which gives
/// another fault. Nothing happens until it is added to <see cref="EmulatorFaults"/>.
/// </summary>
public abstract class Fault
{
    private readonly JsonObject _rule;

    private protected Fault(JsonObject rule) => _rule = rule;

    /// <summary>The rule as JSON, as <c>/_emu/faults</c> takes it.</summary>
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

/// <summary>What all faults can be narrowed down by.</summary>
/// <typeparam name="TFault">The kind of fault.</typeparam>
public abstract class Fault<TFault> : Fault
    where TFault : Fault<TFault>
{
    private protected Fault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Only for the workspace of this key, whichever of its keys is used: other workspaces never meet it.</summary>
    public TFault ForKey(string key) => With(RuleMatching("key", key));

    /// <summary>Fires once.</summary>
    public TFault Once() => Times(1);

    /// <summary>Fires so often, 1 or more; without end unless given.</summary>
    public TFault Times(long count) => With(RuleWith("count", count));

    /// <summary>Of the occurrences that match otherwise only this one; 1 is the first.</summary>
    public TFault OnlyNth(long nth) => With(RuleMatching("nth", nth));

    /// <summary>Fires by chance, 0 to 1, drawn from the emulator's seed if it has one.</summary>
    public TFault WithProbability(double probability) => With(RuleWith("probability", probability));

    private protected abstract TFault With(JsonObject rule);
}

/// <summary>A fault of requests of <c>/v1</c> that were let in with their key. Answers that it made say so in <c>x-chaser-emu-fault</c>.</summary>
public sealed class RestFault : Fault<RestFault>
{
    private RestFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Answers an entry of the service's catalogue of errors, with its status and envelope; nothing is handled.</summary>
    /// <param name="code">Such as <c>rate_limited</c> (429) or <c>payment_required</c> (402).</param>
    /// <param name="retryAfter">The header <c>Retry-After</c>, a second to an hour. Unless given, a second with a 429, and none with others.</param>
    public static RestFault Status(string code, TimeSpan? retryAfter = null) => new(Effect("status", ("code", code), ("retry_after", retryAfter?.TotalSeconds)));

    /// <summary>Answers 503 <c>unavailable</c>; nothing is handled.</summary>
    /// <param name="retryAfter">The header <c>Retry-After</c>, a second to an hour; a second unless given.</param>
    public static RestFault Unavailable(TimeSpan? retryAfter = null) => new(Effect("unavailable", ("retry_after", retryAfter?.TotalSeconds)));

    /// <summary>Holds the request for so long in real time, an hour at most, and then handles it.</summary>
    public static RestFault Delay(TimeSpan by) => new(Effect("delay", ("seconds", by.TotalSeconds)));

    /// <summary>Resets the TCP connection; nothing is handled, and nothing answered.</summary>
    public static RestFault Reset() => new(Effect("reset"));

    /// <summary>Handles the request, promises the whole answer, sends half of its body and ends the connection.</summary>
    public static RestFault Truncate() => new(Effect("truncate"));

    /// <summary>Only for requests about this session.</summary>
    public RestFault ForSession(string id) => With(RuleMatching("session", id));

    /// <summary>Only for requests of this method.</summary>
    public RestFault On(HttpMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return With(RuleMatching("method", method.Method));
    }

    /// <summary>Only for requests of this route as openapi.yaml has it, such as <c>/v1/sessions/{id}</c>, or of this path.</summary>
    public RestFault On(string route) => With(RuleMatching("route", route));

    /// <summary>Only for requests of this method and route.</summary>
    public RestFault On(HttpMethod method, string route) => On(method).On(route);

    private protected override RestFault With(JsonObject rule) => new(rule);
}

/// <summary>A fault of sessions that are created while it is in force.</summary>
public sealed class ProvisioningFault : Fault<ProvisioningFault>
{
    private ProvisioningFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>The session stays in <c>creating</c> for so much emulated time more, a day at most; also when the rule is deleted meanwhile.</summary>
    public static ProvisioningFault StayCreating(TimeSpan by) => new(Effect("stay_creating", ("seconds", by.TotalSeconds)));

    /// <summary>The session ends in <c>error</c> where it would become ready.</summary>
    public static ProvisioningFault Error() => new(Effect("provisioning_error"));

    /// <summary>The session is ready without a <c>device</c> for the first so many polls that find it ready; lists have it without one for as long, and count as no poll.</summary>
    /// <param name="polls">1 to 1,000,000.</param>
    public static ProvisioningFault DeviceMissing(int polls = 1) => new(Effect("device_missing", ("polls", polls)));

    private protected override ProvisioningFault With(JsonObject rule) => new(rule);
}

/// <summary>A fault of the browsers of sessions that are ready, or become so while it is in force.</summary>
public sealed class BrowserFault : Fault<BrowserFault>
{
    private BrowserFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Kills the browser's processes; the session closes as <c>substrate_down</c>.</summary>
    /// <param name="after">Emulated time since the session became ready, a day at most; at once when that has passed.</param>
    public static BrowserFault Crash(TimeSpan after = default) => new(Effect("browser_crash", ("after_seconds", after.TotalSeconds)));

    /// <summary>Stops the browser's processes until the rule is deleted.</summary>
    /// <param name="after">As for <see cref="Crash"/>.</param>
    public static BrowserFault Freeze(TimeSpan after = default) => new(Effect("browser_freeze", ("after_seconds", after.TotalSeconds)));

    /// <summary>Only for this session.</summary>
    public BrowserFault ForSession(string id) => With(RuleMatching("session", id));

    private protected override BrowserFault With(JsonObject rule) => new(rule);
}

/// <summary>
/// A fault of CDP connections, those that are open already included. It strikes between whole frames: after so many frames, or so many bytes
/// of frames, counted from when the rule met the connection; at the next frame when neither is given.
/// </summary>
public sealed class CdpFault : Fault<CdpFault>
{
    private CdpFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Sends the client a close frame and ends the connection.</summary>
    /// <param name="code">A close code that may be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999.</param>
    /// <param name="reason">At most 123 bytes of UTF-8.</param>
    /// <param name="afterFrames">Strikes after so many frames.</param>
    /// <param name="afterBytes">Strikes after so many bytes; not together with <paramref name="afterFrames"/>.</param>
    public static CdpFault Close(int code = 1011, string reason = "", long? afterFrames = null, long? afterBytes = null) =>
        new(Effect("cdp_close", ("code", code), ("reason", reason), ("after_frames", afterFrames), ("after_bytes", afterBytes)));

    /// <summary>Resets the client's TCP connection, without a close frame.</summary>
    /// <param name="afterFrames">Strikes after so many frames.</param>
    /// <param name="afterBytes">Strikes after so many bytes; not together with <paramref name="afterFrames"/>.</param>
    public static CdpFault Drop(long? afterFrames = null, long? afterBytes = null) =>
        new(Effect("cdp_drop", ("after_frames", afterFrames), ("after_bytes", afterBytes)));

    /// <summary>Lets nothing more pass, and leaves the connection open; what was held goes on when the rule is deleted.</summary>
    /// <param name="afterFrames">Strikes after so many frames.</param>
    /// <param name="afterBytes">Strikes after so many bytes; not together with <paramref name="afterFrames"/>.</param>
    public static CdpFault Stall(long? afterFrames = null, long? afterBytes = null) =>
        new(Effect("cdp_stall", ("after_frames", afterFrames), ("after_bytes", afterBytes)));

    /// <summary>Holds each frame for so long in real time, an hour at most.</summary>
    public static CdpFault Delay(TimeSpan by) => new(Effect("cdp_delay", ("milliseconds", by.TotalMilliseconds)));

    /// <summary>Only for this session.</summary>
    public CdpFault ForSession(string id) => With(RuleMatching("session", id));

    /// <summary>Only for the frames of one direction; for those of both unless given.</summary>
    public CdpFault Only(CdpDirection direction) => With(RuleMatching("direction", WireEnumConverter<CdpDirection>.ToWire(direction)));

    private protected override CdpFault With(JsonObject rule) => new(rule);
}

/// <summary>A direction of a CDP connection.</summary>
[JsonConverter(typeof(WireEnumConverter<CdpDirection>))]
public enum CdpDirection
{
    /// <summary>Answers and events.</summary>
    ToClient,

    /// <summary>Commands.</summary>
    ToBrowser,
}

/// <summary>A fault of the connections that browsers make to the network while it is in force.</summary>
public sealed class NetworkFault : Fault<NetworkFault>
{
    private NetworkFault(JsonObject rule)
        : base(rule)
    {
    }

    /// <summary>Refuses the connection.</summary>
    public static NetworkFault Refuse() => new(Effect("egress_refuse"));

    /// <summary>Resets the connection after so many bytes, both directions together.</summary>
    public static NetworkFault Reset(long afterBytes = 0) => new(Effect("egress_reset", ("after_bytes", afterBytes)));

    /// <summary>Holds the connection for so long in real time, an hour at most, before it is made.</summary>
    public static NetworkFault Latency(TimeSpan by) => new(Effect("egress_latency", ("milliseconds", by.TotalMilliseconds)));

    /// <summary>Lets so many bytes a real second pass, each way.</summary>
    public static NetworkFault Bandwidth(long bytesPerSecond) => new(Effect("egress_bandwidth", ("bytes_per_second", bytesPerSecond)));

    /// <summary>Only for the browser of this session.</summary>
    public NetworkFault ForSession(string id) => With(RuleMatching("session", id));

    /// <summary>Only for connections to this host, as the browser names it and without the port.</summary>
    public NetworkFault ToHost(string host) => With(RuleMatching("host", host));

    private protected override NetworkFault With(JsonObject rule) => new(rule);
}
