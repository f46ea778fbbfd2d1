using ChaserEmu.Domain;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>The table <c>sessions</c> in plain SQL: what <see cref="EmulatorDb"/> says of it, once more by hand.</summary>
internal static class SessionRows
{
    /// <summary>In the order of <see cref="Values"/> and <see cref="Read"/>; the first is the primary key.</summary>
    public static readonly string[] Columns =
    [
        "Id", "Workspace", "KeyId", "TestMode", "Profile", "Status", "Device", "ProxyIp", "ProxyRegion",
        "CdpBytes_Up", "CdpBytes_Down", "EgressBytes_Up", "EgressBytes_Down",
        "CreatedAt", "ProvisionedAt", "ReadyAt", "ExpiresAt", "EndedAt", "EndedReason", "BilledMicroUsd",
    ];

    public static readonly string Select = $"SELECT {string.Join(", ", Columns)} FROM sessions";

    public static readonly string Insert =
        $"INSERT INTO sessions ({string.Join(", ", Columns)}) VALUES ({string.Join(", ", Columns.Select((_, i) => $"?{i + 1}"))})";

    public static readonly string Update =
        $"UPDATE sessions SET {string.Join(", ", Columns.Select((column, i) => $"{column} = ?{i + 1}").Skip(1))} WHERE Id = ?1";

    public static object?[] Values(Session session) =>
    [
        session.Id.ToString(), session.Workspace.Value, session.KeyId, session.TestMode, session.Profile, session.Status.ToString(),
        session.Device, session.ProxyIp, session.ProxyRegion,
        session.CdpBytes.Up, session.CdpBytes.Down, session.EgressBytes.Up, session.EgressBytes.Down,
        session.CreatedAt.ToUnixMicroseconds(), session.ProvisionedAt.ToUnixMicroseconds(), session.ReadyAt?.ToUnixMicroseconds(),
        session.ExpiresAt.ToUnixMicroseconds(), session.EndedAt?.ToUnixMicroseconds(), session.EndedReason?.ToString(), session.BilledMicroUsd,
    ];

    public static Session Read(SqliteDataReader row) => new()
    {
        Id = SessionId.Parse(row.GetString(0)),
        Workspace = new WorkspaceId(row.GetString(1)),
        KeyId = row.GetString(2),
        TestMode = row.GetBoolean(3),
        Profile = row.GetString(4),
        Status = Enum.Parse<SessionStatus>(row.GetString(5)),
        Device = row.TextAt(6),
        ProxyIp = row.TextAt(7),
        ProxyRegion = row.TextAt(8),
        CdpBytes = new ByteCount(row.GetInt64(9), row.GetInt64(10)),
        EgressBytes = new ByteCount(row.GetInt64(11), row.GetInt64(12)),
        CreatedAt = Timestamp.FromUnixMicroseconds(row.GetInt64(13)),
        ProvisionedAt = Timestamp.FromUnixMicroseconds(row.GetInt64(14)),
        ReadyAt = row.TimeAt(15),
        ExpiresAt = Timestamp.FromUnixMicroseconds(row.GetInt64(16)),
        EndedAt = row.TimeAt(17),
        EndedReason = row.TextAt(18) is { } reason ? Enum.Parse<EndedReason>(reason) : null,
        BilledMicroUsd = row.GetInt64(19),
    };

    public static string? TextAt(this SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static DateTimeOffset? TimeAt(this SqliteDataReader row, int column) =>
        row.IsDBNull(column) ? null : Timestamp.FromUnixMicroseconds(row.GetInt64(column));
}
