using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>The traffic of a session that one meter counted.</summary>
/// <param name="BytesUp">The bytes sent by the CDP clients, or by the browser to the network.</param>
/// <param name="BytesDown">The bytes received by the CDP clients, or by the browser from the network.</param>
public sealed record SessionBytes(long BytesUp, long BytesDown);

/// <summary>The internal state of a session, which <c>/v1</c> does not return. All times are emulated times.</summary>
/// <param name="SessionId">The id of the session.</param>
/// <param name="WorkspaceId">The id of its workspace.</param>
/// <param name="Status">The status, as <c>/v1</c> returns it.</param>
/// <param name="TestMode">Whether the session was created with a <c>cha_test_</c> key.</param>
/// <param name="EndedReason">Why the session closed, as <c>/v1</c> returns it. Null while it is open.</param>
/// <param name="Cdp">The traffic of CDP clients, handshakes included.</param>
/// <param name="Egress">The traffic between the browser and the network.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar. 0 until the session has ended.</param>
/// <param name="CdpConnections">The number of open CDP connections.</param>
/// <param name="BrowserPid">The process id of the browser. Null without a browser.</param>
/// <param name="NextDue">When time alone changes the session next: end of the provisioning delay, idle limit, TTL or a fault. Null if nothing is due.</param>
/// <param name="EarliestReadyAt">The end of the provisioning delay.</param>
/// <param name="ExpiresAt">The end of the TTL.</param>
public sealed record SessionInspection(
    string SessionId,
    string WorkspaceId,
    SessionStatus Status,
    bool TestMode,
    EndedReason? EndedReason,
    SessionBytes Cdp,
    SessionBytes Egress,
    long BilledMicroUsd,
    int CdpConnections,
    int? BrowserPid,
    DateTimeOffset? NextDue,
    DateTimeOffset EarliestReadyAt,
    DateTimeOffset ExpiresAt)
{
    /// <summary>The id of the key that created the session.</summary>
    public required string KeyId { get; init; }

    /// <summary>The name of that key. Null if the key no longer exists.</summary>
    public required string? KeyName { get; init; }

    /// <summary>The prefix of that key. Null if the key no longer exists.</summary>
    public required string? KeyPrefix { get; init; }

    /// <summary>The <c>profile</c> of the creation.</summary>
    public required string Profile { get; init; }

    /// <summary>The device that the browser presents. Null until the session is ready.</summary>
    public required string? Device { get; init; }

    /// <summary>When the session was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the session became ready.</summary>
    public required DateTimeOffset? ReadyAt { get; init; }

    /// <summary>When the session ended.</summary>
    public required DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the idle limit ends. Null while the session has a CDP connection, and if it is not ready.</summary>
    public required DateTimeOffset? IdleExpiresAt { get; init; }

    /// <summary>The <c>cdp_url</c>. Null if the session has ended.</summary>
    [Url]
    public required string? CdpUrl { get; init; }
}

/// <summary>Sessions of all workspaces.</summary>
/// <param name="Sessions">The sessions, newest first.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page. Null on the last page.</param>
public sealed record SessionInspectionList(IReadOnlyList<SessionInspection> Sessions, string? NextCursor);

/// <summary>The end of a session.</summary>
/// <param name="Reason">The <c>ended_reason</c> that the session gets.</param>
public sealed record EndSessionRequest([property: JsonRequired] EndedReason Reason);

/// <summary>The JSON of <c>/_emu/sessions</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(SessionInspection))]
[JsonSerializable(typeof(SessionInspectionList))]
[JsonSerializable(typeof(EndSessionRequest))]
public sealed partial class InspectionJson : JsonSerializerContext;
