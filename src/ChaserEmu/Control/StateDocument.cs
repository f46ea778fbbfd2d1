using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Storage;

namespace ChaserEmu.Control;

/// <summary>
/// All that the emulator remembers, as one file to read, to compare and to put back. What <c>GET /_emu/state</c> writes is complete;
/// a file written by hand may leave out all but what it is about.
/// </summary>
/// <param name="Version">Of this format: 1.</param>
/// <param name="Clock">Where emulated time stands; without it, time goes on.</param>
/// <param name="Workspaces">Who there is.</param>
/// <param name="Keys">Known by their hashes; by hand, by their secrets.</param>
/// <param name="Sessions">Oldest first. Open ones are closed as <c>abandoned_orphan</c> when they are put back.</param>
/// <param name="Usage">Closed sessions by day, key and region.</param>
/// <param name="Audit">What was done, oldest first.</param>
/// <param name="Faults">The rules in force, in order, as <see cref="FaultState"/>.</param>
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

    public static StateDocument Of(DatabaseSnapshot rows, ClockResource clock, FaultRuleSnapshot faults) => new(
        CurrentVersion,
        clock,
        [.. rows.Workspaces.Select(WorkspaceState.Of)],
        [.. rows.Keys.Select(KeyState.Of)],
        [.. rows.Sessions.Select(SessionState.Of)],
        [.. rows.Usage.Select(UsageState.Of)],
        [.. rows.Audit.Select(AuditState.Of)],
        [.. faults.All.Select(FaultState.Of)]);
}

/// <param name="Id"><c>ws_…</c>; by hand, <paramref name="Key"/> may stand for it.</param>
/// <param name="Key">By hand: a whole key such as <c>cha_test_ci</c>, whose own workspace this is.</param>
/// <param name="CreatedAt">By hand: now, if left out.</param>
/// <param name="BalanceMicroUsd">Millionths of a US dollar. By hand: the free credit, if left out.</param>
internal sealed record WorkspaceState(string? Id, string? Key, DateTimeOffset? CreatedAt, long? BalanceMicroUsd)
{
    public static WorkspaceState Of(Workspace row) => new(row.Id.Value, null, row.CreatedAt, row.BalanceMicroUsd);
}

/// <param name="Secret">By hand: the whole key, in place of <paramref name="Id"/>, <paramref name="Prefix"/>, <paramref name="Hash"/> and <paramref name="TestMode"/>.</param>
/// <param name="Id"><c>key_…</c></param>
/// <param name="Workspace">The id of a workspace of the file.</param>
/// <param name="Name">As it was given.</param>
/// <param name="Prefix">The first characters of the secret.</param>
/// <param name="Hash">SHA-256 of the secret, in hexadecimal.</param>
/// <param name="TestMode">A <c>cha_test_</c> key.</param>
/// <param name="CreatedAt">By hand: now, if left out.</param>
/// <param name="LastUsedAt">When it was last used.</param>
/// <param name="RevokedAt">From when on it is refused.</param>
internal sealed record KeyState(
    string? Secret, string? Id, [property: JsonRequired] string Workspace, string? Name, string? Prefix, string? Hash, bool? TestMode,
    DateTimeOffset? CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt)
{
    public static KeyState Of(ApiKey row) =>
        new(null, row.Id, row.Workspace.Value, row.Name, row.Prefix, row.Hash, row.TestMode, row.CreatedAt, row.LastUsedAt, row.RevokedAt);
}

/// <summary>A session with everything that is recorded of it; see the resource for what the fields mean.</summary>
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
    DateTimeOffset? ProvisionedAt,
    DateTimeOffset? ReadyAt,
    [property: JsonRequired] DateTimeOffset ExpiresAt,
    DateTimeOffset? EndedAt,
    EndedReason? EndedReason,
    long BilledMicroUsd)
{
    public static SessionState Of(Session row) => new(
        row.Id.ToString(), row.Workspace.Value, row.KeyId, row.TestMode, row.Profile, row.Status, row.Device, row.ProxyIp, row.ProxyRegion,
        MeterResource.Of(row.CdpBytes), MeterResource.Of(row.EgressBytes), row.CreatedAt, row.ProvisionedAt, row.ReadyAt, row.ExpiresAt,
        row.EndedAt, row.EndedReason, row.BilledMicroUsd);

    public Session ToRow(SessionId id) => new()
    {
        Id = id,
        Workspace = new WorkspaceId(Workspace),
        KeyId = KeyId,
        TestMode = TestMode,
        Profile = Profile ?? "default",
        Status = Status,
        Device = Device,
        ProxyIp = ProxyIp,
        ProxyRegion = ProxyRegion,
        CdpBytes = Cdp?.ToCount() ?? default,
        EgressBytes = Egress?.ToCount() ?? default,
        CreatedAt = CreatedAt,
        ProvisionedAt = ProvisionedAt ?? CreatedAt,
        ReadyAt = ReadyAt,
        ExpiresAt = ExpiresAt,
        EndedAt = EndedAt,
        EndedReason = EndedReason,
        BilledMicroUsd = BilledMicroUsd,
    };
}

/// <summary>What the sessions that closed on a day came to, for one key and region.</summary>
internal sealed record UsageState(
    [property: JsonRequired] string Workspace, [property: JsonRequired] DateOnly Day, [property: JsonRequired] string KeyId,
    [property: JsonRequired] string Region, long BytesUp, long BytesDown, int Sessions)
{
    public static UsageState Of(DailyUsage row) => new(row.Workspace.Value, row.Day, row.KeyId, row.Region, row.BytesUp, row.BytesDown, row.Sessions);

    public DailyUsage ToRow() => new(new WorkspaceId(Workspace), Day, KeyId, Region, BytesUp, BytesDown, Sessions);
}

/// <summary>Something that was done in a workspace.</summary>
internal sealed record AuditState(
    [property: JsonRequired] long Id, [property: JsonRequired] string Workspace, [property: JsonRequired] DateTimeOffset At,
    [property: JsonRequired] string Action, string? Subject, string? Detail)
{
    public static AuditState Of(AuditEvent row) => new(row.Id, row.Workspace.Value, row.At, row.Action, row.Subject, row.Detail);

    public AuditEvent ToRow() => new(Id, new WorkspaceId(Workspace), At, Action, Subject, Detail);
}
