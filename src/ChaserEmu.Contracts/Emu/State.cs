using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>
/// The complete state of the emulator as one JSON file, to read, diff and import. An export has all fields; a file written by hand can omit all
/// fields except <c>version</c>.
/// </summary>
/// <param name="Version">The version of this format: 1.</param>
/// <param name="Clock">The emulated clock. Without it, an import leaves the clock unchanged.</param>
/// <param name="Workspaces">The workspaces.</param>
/// <param name="Keys">The keys, with hashes. A file written by hand can contain secrets instead.</param>
/// <param name="Sessions">The sessions, oldest first. On import, open sessions are closed as <c>abandoned_orphan</c>.</param>
/// <param name="Usage">The usage of closed sessions by day, key and region.</param>
/// <param name="Audit">The audit log, oldest first.</param>
/// <param name="Faults">The fault rules in order, each as <see cref="FaultState"/>.</param>
public sealed record StateDocument(
    [property: JsonRequired] int Version,
    ClockReading? Clock = null,
    IReadOnlyList<WorkspaceState>? Workspaces = null,
    IReadOnlyList<KeyState>? Keys = null,
    IReadOnlyList<SessionState>? Sessions = null,
    IReadOnlyList<UsageState>? Usage = null,
    IReadOnlyList<AuditState>? Audit = null,
    IReadOnlyList<JsonElement>? Faults = null)
{
    /// <summary>The version of this format.</summary>
    public const int CurrentVersion = 1;
}

/// <summary>A workspace in a state file.</summary>
/// <param name="Id">The id, <c>ws_…</c>. A file written by hand can use <c>key</c> instead.</param>
/// <param name="Key">A whole key such as <c>cha_test_ci</c>; the id is derived from it. Never exported.</param>
/// <param name="CreatedAt">The creation time. Default: now.</param>
/// <param name="BalanceMicroUsd">The balance in millionths of a US dollar. Default: the free credit.</param>
public sealed record WorkspaceState(string? Id = null, string? Key = null, DateTimeOffset? CreatedAt = null, long? BalanceMicroUsd = null);

/// <summary>An API key in a state file.</summary>
public sealed record KeyState
{
    /// <summary>The whole key, instead of <c>id</c>, <c>prefix</c>, <c>hash</c> and <c>test_mode</c>. Never exported.</summary>
    public string? Secret { get; init; }

    /// <summary>The id, a UUID. Ids of older files (<c>key_…</c>) are converted, here and wherever else a file has a key id.</summary>
    public string? Id { get; init; }

    /// <summary>The id of a workspace in the file.</summary>
    public required string Workspace { get; init; }

    /// <summary>The display name.</summary>
    public string? Name { get; init; }

    /// <summary>The first characters of the secret.</summary>
    public string? Prefix { get; init; }

    /// <summary>The SHA-256 hash of the secret, in hexadecimal.</summary>
    public string? Hash { get; init; }

    /// <summary>Whether it is a <c>cha_test_</c> key.</summary>
    public bool? TestMode { get; init; }

    /// <summary>The creation time. Default: now.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it was last used.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>When it becomes invalid.</summary>
    public DateTimeOffset? RevokedAt { get; init; }
}

/// <summary>A session in a state file, with all stored fields.</summary>
public sealed record SessionState
{
    /// <summary>The id, <c>sess_</c> followed by a UUIDv7.</summary>
    public required string Id { get; init; }

    /// <summary>The id of a workspace in the file.</summary>
    public required string Workspace { get; init; }

    /// <summary>The id of the key that created the session.</summary>
    public required string KeyId { get; init; }

    /// <summary>Whether it was created with a <c>cha_test_</c> key.</summary>
    public bool TestMode { get; init; }

    /// <summary>The profile label. Default: <c>default</c>.</summary>
    public string? Profile { get; init; }

    /// <summary>The status.</summary>
    public required SessionStatus Status { get; init; }

    /// <summary>The device that the browser presents.</summary>
    public string? Device { get; init; }

    /// <summary>The IP address that the browser's traffic comes from.</summary>
    public string? ProxyIp { get; init; }

    /// <summary>The region of <c>proxy_ip</c>.</summary>
    public string? ProxyRegion { get; init; }

    /// <summary>The traffic of CDP clients.</summary>
    public SessionBytes? Cdp { get; init; }

    /// <summary>The traffic between the browser and the network.</summary>
    public SessionBytes? Egress { get; init; }

    /// <summary>The creation time.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The end of the provisioning delay: before that, the session does not become ready. Default: <c>created_at</c>.</summary>
    public DateTimeOffset? EarliestReadyAt { get; init; }

    /// <summary>The name of <c>earliest_ready_at</c> in older files. Never exported.</summary>
    public DateTimeOffset? ProvisionedAt { get; init; }

    /// <summary>When the session became ready.</summary>
    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>The end of the TTL.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When the session ended. Required if it has ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why the session closed. Required if <c>status</c> is <c>closed</c>.</summary>
    public EndedReason? EndedReason { get; init; }

    /// <summary>The price in millionths of a US dollar.</summary>
    public long BilledMicroUsd { get; init; }
}

/// <summary>The usage of the sessions that closed on one day, for one key and region.</summary>
/// <param name="Workspace">The id of a workspace in the file.</param>
/// <param name="Day">The day, UTC.</param>
/// <param name="KeyId">The id of the key that created the sessions.</param>
/// <param name="Region">The <c>proxy_region</c> of the sessions.</param>
/// <param name="BytesUp">Bytes sent.</param>
/// <param name="BytesDown">Bytes received.</param>
/// <param name="Sessions">The number of sessions.</param>
public sealed record UsageState(
    [property: JsonRequired] string Workspace, [property: JsonRequired] DateOnly Day, [property: JsonRequired] string KeyId,
    [property: JsonRequired] string Region, long BytesUp = 0, long BytesDown = 0, int Sessions = 0);

/// <summary>An entry of the audit log in a state file.</summary>
/// <param name="Id">The id, from 1. Later entries have higher ids.</param>
/// <param name="Workspace">The id of a workspace in the file.</param>
/// <param name="At">When the action happened.</param>
/// <param name="Action">The action, such as <c>session.created</c>.</param>
/// <param name="Subject">The id of the session or key; null for billing.</param>
/// <param name="Detail">The <c>ended_reason</c>, the name of a key, or an amount; null if there is none.</param>
public sealed record AuditState(
    [property: JsonRequired] long Id, [property: JsonRequired] string Workspace, [property: JsonRequired] DateTimeOffset At,
    [property: JsonRequired] string Action, string? Subject = null, string? Detail = null);

/// <summary>The result of an import.</summary>
/// <param name="Workspaces">The number of imported workspaces.</param>
/// <param name="Keys">The number of imported keys.</param>
/// <param name="Sessions">The number of imported sessions.</param>
/// <param name="Abandoned">The number of imported sessions that were open in the file and are closed now.</param>
public sealed record StateImported(int Workspaces, int Keys, int Sessions, int Abandoned);

/// <summary>The JSON of <c>/_emu/state</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(StateDocument))]
[JsonSerializable(typeof(StateImported))]
public sealed partial class StateJson : JsonSerializerContext;
