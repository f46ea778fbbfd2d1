using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Storage;

namespace ChaserEmu.Control;

/// <summary>Converts the rows of the database to a state file, and back.</summary>
internal static class StateMapping
{
    public static StateDocument ToDocument(this DatabaseSnapshot rows, ClockReading clock, IReadOnlyList<FaultRule> faults) => new(
        StateDocument.CurrentVersion,
        clock,
        [.. rows.Workspaces.Select(row => new WorkspaceState(row.Id.Value, null, row.CreatedAt, row.BalanceMicroUsd))],
        [.. rows.Keys.Select(ToState)],
        [.. rows.Sessions.Select(ToState)],
        [.. rows.Usage.Select(row => new UsageState(row.Workspace.Value, row.Day, row.KeyId, row.Region, row.BytesUp, row.BytesDown, row.Sessions))],
        [.. rows.Audit.Select(row => new AuditState(row.Id, row.Workspace.Value, row.At, row.Action, row.Subject, row.Detail))],
        [.. faults.Select(FaultMapping.ToState)]);

    public static Session ToRow(this SessionState state, SessionId id, string keyId) => new()
    {
        Id = id,
        Workspace = new WorkspaceId(state.Workspace),
        KeyId = keyId,
        TestMode = state.TestMode,
        Profile = state.Profile ?? "default",
        Status = state.Status,
        Device = state.Device,
        ProxyIp = state.ProxyIp,
        ProxyRegion = state.ProxyRegion,
        CdpBytes = ToCount(state.Cdp),
        EgressBytes = ToCount(state.Egress),
        CreatedAt = state.CreatedAt,
        ProvisionedAt = state.EarliestReadyAt ?? state.ProvisionedAt ?? state.CreatedAt,
        ReadyAt = state.ReadyAt,
        ExpiresAt = state.ExpiresAt,
        EndedAt = state.EndedAt,
        EndedReason = state.EndedReason,
        BilledMicroUsd = state.BilledMicroUsd,
    };

    public static DailyUsage ToRow(this UsageState state, string keyId) =>
        new(new WorkspaceId(state.Workspace), state.Day, keyId, state.Region, state.BytesUp, state.BytesDown, state.Sessions);

    public static AuditEvent ToRow(this AuditState state) => new(state.Id, new WorkspaceId(state.Workspace), state.At, state.Action, ConvertKeyId(state.Subject), state.Action == "key.rotated" ? ConvertKeyId(state.Detail) : state.Detail);

    private static string? ConvertKeyId(string? text) => text is not null && KeyId.TryParse(text, out var id) ? id : text;

    private static ByteCount ToCount(SessionBytes? bytes) => bytes is null ? default : new ByteCount(bytes.BytesUp, bytes.BytesDown);

    private static KeyState ToState(ApiKey row) => new()
    {
        Id = row.Id,
        Workspace = row.Workspace.Value,
        Name = row.Name,
        Prefix = row.Prefix,
        Hash = row.Hash,
        TestMode = row.TestMode,
        CreatedAt = row.CreatedAt,
        LastUsedAt = row.LastUsedAt,
        RevokedAt = row.RevokedAt,
    };

    private static SessionState ToState(Session row) => new()
    {
        Id = row.Id.ToString(),
        Workspace = row.Workspace.Value,
        KeyId = row.KeyId,
        TestMode = row.TestMode,
        Profile = row.Profile,
        Status = row.Status,
        Device = row.Device,
        ProxyIp = row.ProxyIp,
        ProxyRegion = row.ProxyRegion,
        Cdp = row.CdpBytes.ToResource(),
        Egress = row.EgressBytes.ToResource(),
        CreatedAt = row.CreatedAt,
        EarliestReadyAt = row.ProvisionedAt,
        ReadyAt = row.ReadyAt,
        ExpiresAt = row.ExpiresAt,
        EndedAt = row.EndedAt,
        EndedReason = row.EndedReason,
        BilledMicroUsd = row.BilledMicroUsd,
    };
}
