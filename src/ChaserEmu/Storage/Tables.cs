using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

// The tables. Each column is defined once; SELECT, INSERT and UPDATE are made from it. EF Core's model in EmulatorDb defines the same tables
// for the schema and the migrations. SchemaTests compares the two.

/// <summary>All tables, in the order in which rows are inserted.</summary>
internal static class Tables
{
    public static IReadOnlyList<ITable> All { get; } = [WorkspaceTable.Table, KeyTable.Table, SessionTable.Table, UsageTable.Table, AuditTable.Table];
}

internal static class WorkspaceTable
{
    public static readonly Table<Workspace> Table = new("workspaces", Read);

    private static readonly Column<Workspace, WorkspaceId> Id = Table.AddKey("Id", SqlType.WorkspaceId, row => row.Id);
    private static readonly Column<Workspace, DateTimeOffset> CreatedAt = Table.Add("CreatedAt", SqlType.Time, row => row.CreatedAt);
    private static readonly Column<Workspace, long> BalanceMicroUsd = Table.Add("BalanceMicroUsd", SqlType.Integer, row => row.BalanceMicroUsd);

    public static readonly RowStatement<Workspace> InsertIfMissing = Table.Insert.Append("ON CONFLICT DO NOTHING");

    /// <summary>Adds <c>?2</c> to the balance of the workspace <c>?1</c>.</summary>
    public static readonly string AddToBalance = $"UPDATE {Table.Name} SET {BalanceMicroUsd.Name} = {BalanceMicroUsd.Name} + ?2 WHERE {Id.Name} = ?1";

    /// <summary>Writes one row without a change, to find out whether the database can be written to.</summary>
    public static readonly string Rewrite = $"UPDATE {Table.Name} SET {CreatedAt.Name} = {CreatedAt.Name} WHERE {Id.Name} = (SELECT {Id.Name} FROM {Table.Name} LIMIT 1)";

    private static Workspace Read(SqlRow row) => new(Id.Read(row), CreatedAt.Read(row), BalanceMicroUsd.Read(row));
}

internal static class KeyTable
{
    public static readonly Table<ApiKey> Table = new("keys", Read);

    private static readonly Column<ApiKey, string> Id = Table.AddKey("Id", SqlType.Text, row => row.Id);
    private static readonly Column<ApiKey, WorkspaceId> Workspace = Table.Add("Workspace", SqlType.WorkspaceId, row => row.Workspace);
    private static readonly Column<ApiKey, string> Name = Table.Add("Name", SqlType.Text, row => row.Name);
    private static readonly Column<ApiKey, string> Prefix = Table.Add("Prefix", SqlType.Text, row => row.Prefix);
    private static readonly Column<ApiKey, string> Hash = Table.Add("Hash", SqlType.Text, row => row.Hash);
    private static readonly Column<ApiKey, bool> TestMode = Table.Add("TestMode", SqlType.Boolean, row => row.TestMode);
    private static readonly Column<ApiKey, DateTimeOffset> CreatedAt = Table.Add("CreatedAt", SqlType.Time, row => row.CreatedAt);
    private static readonly Column<ApiKey, DateTimeOffset?> LastUsedAt = Table.Add("LastUsedAt", SqlType.NullableTime, row => row.LastUsedAt);
    private static readonly Column<ApiKey, DateTimeOffset?> RevokedAt = Table.Add("RevokedAt", SqlType.NullableTime, row => row.RevokedAt);

    public static readonly RowStatement<ApiKey> UpdateLastUsed = Table.Update(LastUsedAt);
    public static readonly RowStatement<ApiKey> UpdateRevoked = Table.Update(RevokedAt);

    private static ApiKey Read(SqlRow row) => new()
    {
        Id = Id.Read(row),
        Workspace = Workspace.Read(row),
        Name = Name.Read(row),
        Prefix = Prefix.Read(row),
        Hash = Hash.Read(row),
        TestMode = TestMode.Read(row),
        CreatedAt = CreatedAt.Read(row),
        LastUsedAt = LastUsedAt.Read(row),
        RevokedAt = RevokedAt.Read(row),
    };
}

internal static class SessionTable
{
    public static readonly Table<Session> Table = new("sessions", Read);

    private static readonly Column<Session, SessionId> Id = Table.AddKey("Id", SqlType.SessionId, row => row.Id);
    private static readonly Column<Session, WorkspaceId> Workspace = Table.Add("Workspace", SqlType.WorkspaceId, row => row.Workspace);
    private static readonly Column<Session, string> KeyId = Table.Add("KeyId", SqlType.Text, row => row.KeyId);
    private static readonly Column<Session, bool> TestMode = Table.Add("TestMode", SqlType.Boolean, row => row.TestMode);
    private static readonly Column<Session, string> Profile = Table.Add("Profile", SqlType.Text, row => row.Profile);
    private static readonly Column<Session, DateTimeOffset> CreatedAt = Table.Add("CreatedAt", SqlType.Time, row => row.CreatedAt);
    private static readonly Column<Session, DateTimeOffset> ProvisionedAt = Table.Add("ProvisionedAt", SqlType.Time, row => row.ProvisionedAt);
    private static readonly Column<Session, DateTimeOffset> ExpiresAt = Table.Add("ExpiresAt", SqlType.Time, row => row.ExpiresAt);
    private static readonly Column<Session, SessionStatus> Status = Table.Add("Status", SqlType.Status, row => row.Status);
    private static readonly Column<Session, string?> Device = Table.Add("Device", SqlType.NullableText, row => row.Device);
    private static readonly Column<Session, string?> ProxyIp = Table.Add("ProxyIp", SqlType.NullableText, row => row.ProxyIp);
    private static readonly Column<Session, string?> ProxyRegion = Table.Add("ProxyRegion", SqlType.NullableText, row => row.ProxyRegion);
    private static readonly Column<Session, long> CdpUp = Table.Add("CdpBytes_Up", SqlType.Integer, row => row.CdpBytes.Up);
    private static readonly Column<Session, long> CdpDown = Table.Add("CdpBytes_Down", SqlType.Integer, row => row.CdpBytes.Down);
    private static readonly Column<Session, long> EgressUp = Table.Add("EgressBytes_Up", SqlType.Integer, row => row.EgressBytes.Up);
    private static readonly Column<Session, long> EgressDown = Table.Add("EgressBytes_Down", SqlType.Integer, row => row.EgressBytes.Down);
    private static readonly Column<Session, DateTimeOffset?> ReadyAt = Table.Add("ReadyAt", SqlType.NullableTime, row => row.ReadyAt);
    private static readonly Column<Session, DateTimeOffset?> EndedAt = Table.Add("EndedAt", SqlType.NullableTime, row => row.EndedAt);
    private static readonly Column<Session, EndedReason?> EndedReason = Table.Add("EndedReason", SqlType.NullableReason, row => row.EndedReason);
    private static readonly Column<Session, long> BilledMicroUsd = Table.Add("BilledMicroUsd", SqlType.Integer, row => row.BilledMicroUsd);

    /// <summary>Updates the columns that change during a session.</summary>
    public static readonly RowStatement<Session> Update = Table.Update(
        Status, Device, ProxyIp, ProxyRegion, CdpUp, CdpDown, EgressUp, EgressDown, ReadyAt, EndedAt, EndedReason, BilledMicroUsd);

    /// <summary>Updates the byte counts. The totals of an ended session are not changed.</summary>
    public static readonly RowStatement<Session> UpdateBytes = Table.Update(CdpUp, CdpDown, EgressUp, EgressDown).Append($"AND {EndedAt.Name} IS NULL");

    private static Session Read(SqlRow row) => new()
    {
        Id = Id.Read(row),
        Workspace = Workspace.Read(row),
        KeyId = KeyId.Read(row),
        TestMode = TestMode.Read(row),
        Profile = Profile.Read(row),
        CreatedAt = CreatedAt.Read(row),
        ProvisionedAt = ProvisionedAt.Read(row),
        ExpiresAt = ExpiresAt.Read(row),
        Status = Status.Read(row),
        Device = Device.Read(row),
        ProxyIp = ProxyIp.Read(row),
        ProxyRegion = ProxyRegion.Read(row),
        CdpBytes = new ByteCount(CdpUp.Read(row), CdpDown.Read(row)),
        EgressBytes = new ByteCount(EgressUp.Read(row), EgressDown.Read(row)),
        ReadyAt = ReadyAt.Read(row),
        EndedAt = EndedAt.Read(row),
        EndedReason = EndedReason.Read(row),
        BilledMicroUsd = BilledMicroUsd.Read(row),
    };
}

internal static class UsageTable
{
    public static readonly Table<DailyUsage> Table = new("usage", Read);

    private static readonly Column<DailyUsage, WorkspaceId> Workspace = Table.AddKey("Workspace", SqlType.WorkspaceId, row => row.Workspace);
    private static readonly Column<DailyUsage, DateOnly> Day = Table.AddKey("Day", SqlType.Day, row => row.Day);
    private static readonly Column<DailyUsage, string> KeyId = Table.AddKey("KeyId", SqlType.Text, row => row.KeyId);
    private static readonly Column<DailyUsage, string> Region = Table.AddKey("Region", SqlType.Text, row => row.Region);
    private static readonly Column<DailyUsage, long> BytesUp = Table.Add("BytesUp", SqlType.Integer, row => row.BytesUp);
    private static readonly Column<DailyUsage, long> BytesDown = Table.Add("BytesDown", SqlType.Integer, row => row.BytesDown);
    private static readonly Column<DailyUsage, int> Sessions = Table.Add("Sessions", SqlType.Int32, row => row.Sessions);

    /// <summary>Inserts a row, or adds its figures to the row with the same key.</summary>
    public static readonly RowStatement<DailyUsage> InsertOrAdd = Table.Insert.Append($"ON CONFLICT DO UPDATE SET {Add(BytesUp)}, {Add(BytesDown)}, {Add(Sessions)}");

    private static string Add(Column<DailyUsage> column) => $"{column.Name} = {column.Name} + excluded.{column.Name}";

    private static DailyUsage Read(SqlRow row) =>
        new(Workspace.Read(row), Day.Read(row), KeyId.Read(row), Region.Read(row), BytesUp.Read(row), BytesDown.Read(row), Sessions.Read(row));
}

internal static class AuditTable
{
    public static readonly Table<AuditEvent> Table = new("audit", Read);

    private static readonly Column<AuditEvent, long> Id = Table.AddKey("Id", SqlType.AssignedId, row => row.Id);
    private static readonly Column<AuditEvent, WorkspaceId> Workspace = Table.Add("Workspace", SqlType.WorkspaceId, row => row.Workspace);
    private static readonly Column<AuditEvent, DateTimeOffset> At = Table.Add("At", SqlType.Time, row => row.At);
    private static readonly Column<AuditEvent, string> Action = Table.Add("Action", SqlType.Text, row => row.Action);
    private static readonly Column<AuditEvent, string?> Subject = Table.Add("Subject", SqlType.NullableText, row => row.Subject);
    private static readonly Column<AuditEvent, string?> Detail = Table.Add("Detail", SqlType.NullableText, row => row.Detail);

    private static AuditEvent Read(SqlRow row) => new(Id.Read(row), Workspace.Read(row), At.Read(row), Action.Read(row), Subject.Read(row), Detail.Read(row));
}
