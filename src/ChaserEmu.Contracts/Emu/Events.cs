using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>An event of <c>/_emu/events</c>. There is one record per kind; the field <c>type</c> selects it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SessionEvent), "session")]
[JsonDerivedType(typeof(BytesEvent), "bytes")]
[JsonDerivedType(typeof(CdpConnectionEvent), "cdp_connection")]
[JsonDerivedType(typeof(CallEvent), "call")]
[JsonDerivedType(typeof(FaultEvent), "fault")]
[JsonDerivedType(typeof(EgressEvent), "egress")]
[JsonDerivedType(typeof(ClockEvent), "clock")]
[JsonDerivedType(typeof(ResetEvent), "reset")]
[JsonDerivedType(typeof(EvictedEvent), "evicted")]
public abstract record EmulatorEvent
{
    private static readonly IReadOnlyDictionary<Type, string> Kinds = TypeDiscriminators.Read(typeof(EmulatorEvent));

    /// <summary>The emulated time of the event.</summary>
    [JsonPropertyOrder(-2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The real time of the event.</summary>
    [JsonPropertyOrder(-1)]
    public required DateTimeOffset RealAt { get; init; }

    /// <summary>Gets the <c>type</c> of the event, such as <c>session</c>.</summary>
    [JsonIgnore]
    public string Kind => Kinds[GetType()];
}

/// <summary>A session was created, became ready or ended. Has its whole state then.</summary>
/// <param name="SessionId">The id of the session.</param>
/// <param name="WorkspaceId">The id of its workspace.</param>
/// <param name="KeyId">The id of the key that created it.</param>
/// <param name="KeyName">The name of that key. Null if the key no longer exists.</param>
/// <param name="KeyPrefix">The prefix of that key. Null if the key no longer exists.</param>
/// <param name="Profile">The <c>profile</c> of the creation.</param>
/// <param name="TestMode">Whether the session was created with a <c>cha_test_</c> key.</param>
/// <param name="Status">The new status.</param>
/// <param name="EndedReason">Why the session closed. Null while it is open, and if it ended as <c>error</c>.</param>
/// <param name="Device">The device that the browser presents. Null until the session is ready.</param>
/// <param name="ProxyIp">The IP address that the browser's traffic comes from. Null until the session is ready.</param>
/// <param name="ProxyRegion">The region of <c>proxy_ip</c>. Null until the session is ready.</param>
/// <param name="CreatedAt">When the session was created, in emulated time.</param>
/// <param name="ReadyAt">When the session became ready, in emulated time.</param>
/// <param name="ExpiresAt">The end of the TTL, in emulated time.</param>
/// <param name="EndedAt">When the session ended, in emulated time.</param>
/// <param name="Cdp">The traffic of CDP clients, handshakes included.</param>
/// <param name="Egress">The traffic between the browser and the network.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar. 0 until the session has ended.</param>
public sealed record SessionEvent(
    string SessionId,
    string WorkspaceId,
    string KeyId,
    string? KeyName,
    string? KeyPrefix,
    string Profile,
    bool TestMode,
    SessionStatus Status,
    EndedReason? EndedReason,
    string? Device,
    string? ProxyIp,
    string? ProxyRegion,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ReadyAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? EndedAt,
    SessionBytes Cdp,
    SessionBytes Egress,
    long BilledMicroUsd) : EmulatorEvent;

/// <summary>The byte counts of an open session changed. Sent at most once a second, in real time.</summary>
/// <param name="SessionId">The id of the session.</param>
/// <param name="WorkspaceId">The id of its workspace.</param>
/// <param name="Cdp">The traffic of CDP clients so far, handshakes included. The <c>session</c> event of the end has the final count.</param>
/// <param name="Egress">The traffic between the browser and the network so far.</param>
public sealed record BytesEvent(string SessionId, string WorkspaceId, SessionBytes Cdp, SessionBytes Egress) : EmulatorEvent;

/// <summary>A CDP connection was opened or closed.</summary>
/// <param name="SessionId">The id of the session.</param>
/// <param name="WorkspaceId">The id of its workspace.</param>
/// <param name="Connection">The number of the connection, as in the CDP journal.</param>
/// <param name="Open">True if it was opened, false if it was closed.</param>
/// <param name="CdpConnections">The number of open CDP connections of the session.</param>
/// <param name="BytesUp">The bytes that the client has sent on this connection, handshake included.</param>
/// <param name="BytesDown">The bytes that the client has received on this connection, handshake included.</param>
public sealed record CdpConnectionEvent(
    string SessionId, string WorkspaceId, long Connection, bool Open, int CdpConnections, long BytesUp, long BytesDown) : EmulatorEvent;

/// <summary>An API call was answered, or its connection ended. <c>at</c> is when the request arrived. Not sent if the journal is off.</summary>
/// <param name="Sequence">The sequence number of the journal entry.</param>
/// <param name="DurationMs">The real milliseconds until the response started.</param>
/// <param name="Method">The HTTP method, such as <c>POST</c>.</param>
/// <param name="Path">The path, such as <c>/v1/sessions</c>.</param>
/// <param name="Route">The route as in <c>/openapi.yaml</c>, such as <c>/v1/sessions/{id}</c>. Null if no route matches.</param>
/// <param name="Operation">The operationId of <c>/openapi.yaml</c>.</param>
/// <param name="Status">The status of the response. 0 if the connection ended before the response.</param>
/// <param name="ErrorCode">The error code of the response.</param>
/// <param name="KeyName">The name of the API key. Null if no valid key was sent.</param>
/// <param name="KeyPrefix">The prefix of the API key. Null if no valid key was sent.</param>
/// <param name="WorkspaceId">The id of the caller's workspace.</param>
/// <param name="SessionId">The id of the session that is in the path or that the call created.</param>
/// <param name="FaultId">The id of the fault rule that produced or changed the response.</param>
public sealed record CallEvent(
    long Sequence, double DurationMs, string Method, string Path, string? Route, string? Operation, int Status, string? ErrorCode, string? KeyName, string? KeyPrefix,
    string? WorkspaceId, string? SessionId, string? FaultId) : EmulatorEvent;

/// <summary>A fault rule fired.</summary>
/// <param name="FaultId">The id of the rule.</param>
/// <param name="Effect">The <c>type</c> of its effect, such as <c>cdp_close</c>.</param>
/// <param name="Fired">How often the rule has fired.</param>
/// <param name="WorkspaceId">The id of the workspace in which it fired.</param>
/// <param name="SessionId">The id of the session. Null for a call without one.</param>
/// <param name="Method">The HTTP method. Null if it is not an effect on a REST request.</param>
/// <param name="Path">The path. Null if it is not an effect on a REST request.</param>
/// <param name="Host">The host that the browser connects to. Null if it is not an effect on the network.</param>
public sealed record FaultEvent(
    string FaultId, string Effect, long Fired, string WorkspaceId, string? SessionId, string? Method, string? Path, string? Host) : EmulatorEvent;

/// <summary>A connection of a page failed.</summary>
/// <param name="SessionId">The id of the session.</param>
/// <param name="WorkspaceId">The id of its workspace.</param>
/// <param name="Host">The host, as the page wrote it.</param>
/// <param name="Port">The port.</param>
/// <param name="Outcome">What happened to the connection.</param>
/// <param name="Cause">Why it failed.</param>
/// <param name="FaultId">The id of the fault rule. Null for other causes.</param>
public sealed record EgressEvent(
    string SessionId, string WorkspaceId, string Host, int Port, EgressOutcome Outcome, EgressCause Cause, string? FaultId) : EmulatorEvent;

/// <summary>The clock was set, advanced, frozen, unfrozen or reset, or got another rate. <c>at</c> is its time then.</summary>
/// <param name="Rate">Emulated seconds per real second while the clock is not frozen.</param>
/// <param name="Frozen">Whether only an advance moves the clock.</param>
public sealed record ClockEvent(double Rate, bool Frozen) : EmulatorEvent;

/// <summary>A workspace or everything was reset, or a state was imported. Read the lists again.</summary>
/// <param name="WorkspaceId">The id of the workspace. Null for everything.</param>
/// <param name="Import">Whether a state was imported.</param>
public sealed record ResetEvent(string? WorkspaceId, bool Import) : EmulatorEvent;

/// <summary>Events between the previous one and the next one are no longer buffered. Read the lists again.</summary>
public sealed record EvictedEvent : EmulatorEvent;

/// <summary>The JSON of <c>/_emu/events</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(EmulatorEvent))]
public sealed partial class EventsJson : JsonSerializerContext;
