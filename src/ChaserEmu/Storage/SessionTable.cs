using ChaserEmu.Domain;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>The SQL of the table <c>sessions</c>. It must match the model in <see cref="EmulatorDb"/>.</summary>
internal static class SessionTable
{
    /// <summary>The columns that never change. The first is the primary key.</summary>
    private static readonly string[] ConstantColumns = ["Id", "Workspace", "KeyId", "TestMode", "Profile", "CreatedAt", "ProvisionedAt", "ExpiresAt"];

    private static readonly string[] ChangingColumns =
    [
        "Status", "Device", "ProxyIp", "ProxyRegion", "CdpBytes_Up", "CdpBytes_Down", "EgressBytes_Up", "EgressBytes_Down",
        "ReadyAt", "EndedAt", "EndedReason", "BilledMicroUsd",
    ];

    /// <summary>All columns, in the order of <see cref="GetInsertValues"/> and <see cref="Read"/>.</summary>
    public static readonly string[] Columns = [.. ConstantColumns, .. ChangingColumns];

    public static readonly string SelectSql = $"SELECT {string.Join(", ", Columns)} FROM sessions";

    public static readonly string InsertSql =
        $"INSERT INTO sessions ({string.Join(", ", Columns)}) VALUES ({string.Join(", ", Columns.Select((_, i) => $"?{i + 1}"))})";

    /// <summary>Updates the changing columns with <see cref="GetUpdateValues"/>. Indexes on constant columns are not touched.</summary>
    public static readonly string UpdateSql = $"UPDATE sessions SET {string.Join(", ", ChangingColumns.Select((column, i) => $"{column} = ?{i + 2}"))} WHERE Id = ?1";

    public static object?[] GetInsertValues(Session session) =>
    [
        session.Id.ToString(), session.Workspace.Value, session.KeyId, session.TestMode, session.Profile,
        session.CreatedAt.ToUnixMicroseconds(), session.ProvisionedAt.ToUnixMicroseconds(), session.ExpiresAt.ToUnixMicroseconds(),
        .. GetChangingValues(session),
    ];

    public static object?[] GetUpdateValues(Session session) => [session.Id.ToString(), .. GetChangingValues(session)];

    public static Session Read(SqliteDataReader row) => new()
    {
        Id = SessionId.Parse(row.GetString(0)),
        Workspace = new WorkspaceId(row.GetString(1)),
        KeyId = row.GetString(2),
        TestMode = row.GetBoolean(3),
        Profile = row.GetString(4),
        CreatedAt = Timestamp.FromUnixMicroseconds(row.GetInt64(5)),
        ProvisionedAt = Timestamp.FromUnixMicroseconds(row.GetInt64(6)),
        ExpiresAt = Timestamp.FromUnixMicroseconds(row.GetInt64(7)),
        Status = Enum.Parse<SessionStatus>(row.GetString(8)),
        Device = row.GetNullableString(9),
        ProxyIp = row.GetNullableString(10),
        ProxyRegion = row.GetNullableString(11),
        CdpBytes = new ByteCount(row.GetInt64(12), row.GetInt64(13)),
        EgressBytes = new ByteCount(row.GetInt64(14), row.GetInt64(15)),
        ReadyAt = row.GetNullableTime(16),
        EndedAt = row.GetNullableTime(17),
        EndedReason = row.GetNullableString(18) is { } reason ? Enum.Parse<EndedReason>(reason) : null,
        BilledMicroUsd = row.GetInt64(19),
    };

    private static object?[] GetChangingValues(Session session) =>
    [
        session.Status.ToString(), session.Device, session.ProxyIp, session.ProxyRegion,
        session.CdpBytes.Up, session.CdpBytes.Down, session.EgressBytes.Up, session.EgressBytes.Down,
        session.ReadyAt?.ToUnixMicroseconds(), session.EndedAt?.ToUnixMicroseconds(), session.EndedReason?.ToString(), session.BilledMicroUsd,
    ];

    public static string? GetNullableString(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset? GetNullableTime(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Timestamp.FromUnixMicroseconds(row.GetInt64(column));
}
