using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Storage;

namespace ChaserEmu.Control;

/// <summary>
/// The complete state of the emulator as one JSON file, to read, diff and import. <c>GET /_emu/state</c> exports all fields; a file written by
/// hand can omit all fields except <c>version</c>.
/// </summary>
/// <param name="Version">The version of this format: 1.</param>
/// <param name="Clock">The emulated clock. Without it, an import leaves the clock unchanged.</param>
/// <param name="Workspaces">The workspaces.</param>
/// <param name="Keys">The keys, with hashes. A file written by hand can contain secrets instead.</param>
/// <param name="Sessions">The sessions, oldest first. On import, open sessions are closed as <c>abandoned_orphan</c>.</param>
/// <param name="Usage">The usage of closed sessions by day, key and region.</param>
/// <param name="Audit">The audit log, oldest first.</param>
/// <param name="Faults">The active fault rules in order, as <see cref="FaultState"/>.</param>
internal sealed record StateDocument(
    [property: JsonRequired] int Version,
    ClockResource? Clock,
    IReadOnlyList<WorkspaceState>? Workspaces,
    IReadOnlyList<KeyState>? Keys,
    IReadOnlyList<SessionState>? Sessions,
    IReadOnlyList<UsageState>? Usage,
    IReadOnlyList<AuditState>? Audit,
    IReadOnlyList<JsonElement>? Faults)
{
    public const int CurrentVersion = 1;

    public static StateDocument Of(DatabaseSnapshot rows, ClockResource clock, IReadOnlyList<FaultRule> faults) => new(
        CurrentVersion,
        clock,
        [.. rows.Workspaces.Select(WorkspaceState.Of)],
        [.. rows.Keys.Select(KeyState.Of)],
        [.. rows.Sessions.Select(SessionState.Of)],
        [.. rows.Usage.Select(UsageState.Of)],
        [.. rows.Audit.Select(AuditState.Of)],
        [.. faults.Select(FaultState.Of)]);
}

/// <param name="Id">The id, <c>ws_…</c>. A file written by hand can use <paramref name="Key"/> instead.</param>
/// <param name="Key">A whole key such as <c>cha_test_ci</c>; the id is derived from it. Never exported.</param>
/// <param name="CreatedAt">The creation time. Default: now.</param>
/// <param name="BalanceMicroUsd">The balance in millionths of a US dollar. Default: the free credit.</param>
internal sealed record WorkspaceState(string? Id, string? Key, DateTimeOffset? CreatedAt, long? BalanceMicroUsd)
{
    public static WorkspaceState Of(Workspace row) => new(row.Id.Value, null, row.CreatedAt, row.BalanceMicroUsd);
}

/// <param name="Secret">The whole key, instead of <paramref name="Id"/>, <paramref name="Prefix"/>, <paramref name="Hash"/> and <paramref name="TestMode"/>. Never exported.</param>
/// <param name="Id">The id, a UUID. Ids of older files (<c>key_…</c>) are converted, here and wherever else a file has a key id.</param>
/// <param name="Workspace">The id of a workspace in the file.</param>
/// <param name="Name">The display name.</param>
/// <param name="Prefix">The first characters of the secret.</param>
/// <param name="Hash">The SHA-256 hash of the secret, in hexadecimal.</param>
/// <param name="TestMode">Whether it is a <c>cha_test_</c> key.</param>
/// <param name="CreatedAt">The creation time. Default: now.</param>
/// <param name="LastUsedAt">When it was last used.</param>
/// <param name="RevokedAt">When it becomes invalid.</param>
internal sealed record KeyState(
    string? Secret, string? Id, [property: JsonRequired] string Workspace, string? Name, string? Prefix, string? Hash, bool? TestMode,
    DateTimeOffset? CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt)
{
    public static KeyState Of(ApiKey row) =>
        new(null, row.Id, row.Workspace.Value, row.Name, row.Prefix, row.Hash, row.TestMode, row.CreatedAt, row.LastUsedAt, row.RevokedAt);
}

/// <summary>A session with all stored fields. They have the meaning of the fields of <c>GET /v1/sessions/{id}</c> and <c>GET /_emu/sessions/{id}</c>.</summary>
/// <remarks><see cref="ProvisionedAt"/> is the name of <see cref="EarliestReadyAt"/> in older files. Never exported.</remarks>
internal sealed record SessionState(
    [property: JsonRequired] string Id,
    [property: JsonRequired] string Workspace,
    [property: JsonRequired] string KeyId,
    bool TestMode,
    string? Profile,
    [property: JsonRequired] SessionStatus Status,
    string? Device,
    string? ProxyIp,
    string? ProxyRegion,
    MeterResource? Cdp,
    MeterResource? Egress,
    [property: JsonRequired] DateTimeOffset CreatedAt,
    DateTimeOffset? EarliestReadyAt,
    DateTimeOffset? ProvisionedAt,
    DateTimeOffset? ReadyAt,
    [property: JsonRequired] DateTimeOffset ExpiresAt,
    DateTimeOffset? EndedAt,
    EndedReason? EndedReason,
    long BilledMicroUsd)
{
    public static SessionState Of(Session row) => new(
        row.Id.ToString(), row.Workspace.Value, row.KeyId, row.TestMode, row.Profile, row.Status, row.Device, row.ProxyIp, row.ProxyRegion,
        MeterResource.Of(row.CdpBytes), MeterResource.Of(row.EgressBytes), row.CreatedAt, row.ProvisionedAt, null, row.ReadyAt, row.ExpiresAt,
        row.EndedAt, row.EndedReason, row.BilledMicroUsd);

    public Session ToRow(SessionId id, string keyId) => new()
    {
        Id = id,
        Workspace = new WorkspaceId(Workspace),
        KeyId = keyId,
        TestMode = TestMode,
        Profile = Profile ?? "default",
        Status = Status,
        Device = Device,
        ProxyIp = ProxyIp,
        ProxyRegion = ProxyRegion,
        CdpBytes = Cdp?.ToCount() ?? default,
        EgressBytes = Egress?.ToCount() ?? default,
        CreatedAt = CreatedAt,
        ProvisionedAt = EarliestReadyAt ?? ProvisionedAt ?? CreatedAt,
        ReadyAt = ReadyAt,
        ExpiresAt = ExpiresAt,
        EndedAt = EndedAt,
        EndedReason = EndedReason,
        BilledMicroUsd = BilledMicroUsd,
    };
}

/// <summary>The usage of the sessions that closed on one day, for one key and region.</summary>
internal sealed record UsageState(
    [property: JsonRequired] string Workspace, [property: JsonRequired] DateOnly Day, [property: JsonRequired] string KeyId,
    [property: JsonRequired] string Region, long BytesUp, long BytesDown, int Sessions)
{
    public static UsageState Of(DailyUsage row) => new(row.Workspace.Value, row.Day, row.KeyId, row.Region, row.BytesUp, row.BytesDown, row.Sessions);

    public DailyUsage ToRow(string keyId) => new(new WorkspaceId(Workspace), Day, keyId, Region, BytesUp, BytesDown, Sessions);
}

/// <summary>An entry of the audit log.</summary>
internal sealed record AuditState(
    [property: JsonRequired] long Id, [property: JsonRequired] string Workspace, [property: JsonRequired] DateTimeOffset At,
    [property: JsonRequired] string Action, string? Subject, string? Detail)
{
    public static AuditState Of(AuditEvent row) => new(row.Id, row.Workspace.Value, row.At, row.Action, row.Subject, row.Detail);

    public AuditEvent ToRow() => new(Id, new WorkspaceId(Workspace), At, Action, ConvertKeyId(Subject), Action == "key.rotated" ? ConvertKeyId(Detail) : Detail);

    private static string? ConvertKeyId(string? text) => text is not null && KeyId.TryParse(text, out var id) ? id : text;
}
