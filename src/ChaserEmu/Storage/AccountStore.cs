using ChaserEmu.Domain;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>Reads and writes workspaces, keys and usage. Writes return when they are committed.</summary>
internal sealed class AccountStore(ReadConnectionPool reads, WriteQueue writes)
{
    public (List<Workspace> Workspaces, List<ApiKey> Keys) Load() => reads.Read(sql => (
        sql.Query(
            "SELECT Id, CreatedAt, BalanceMicroUsd FROM workspaces",
            row => new Workspace(new WorkspaceId(row.GetString(0)), Timestamp.FromUnixMicroseconds(row.GetInt64(1)), row.GetInt64(2))),
        sql.Query("SELECT Id, Workspace, Name, Prefix, Hash, TestMode, CreatedAt, LastUsedAt, RevokedAt FROM keys", ReadKey)));

    /// <summary>Adds a workspace unless it exists, and a key.</summary>
    public Task AddAsync(Workspace workspace, ApiKey? key = null) => writes.EnqueueAsync(sql =>
    {
        Add(sql, workspace);
        if (key is not null) Add(sql, key);
    });

    /// <summary>Updates the last-used times of keys. Other columns are not written, because a key may be revoked concurrently.</summary>
    public Task RecordLastUsedAsync(IReadOnlyList<ApiKey> keys) => writes.EnqueueAsync(sql =>
    {
        foreach (var key in keys) sql.Execute("UPDATE keys SET LastUsedAt = ?2 WHERE Id = ?1", key.Id, key.LastUsedAt?.ToUnixMicroseconds());
    });

    /// <summary>Adds a key of an existing workspace, with its audit event.</summary>
    public Task AddKeyAsync(ApiKey key, AuditEvent auditEvent) => writes.EnqueueAsync(sql =>
    {
        Add(sql, key);
        AuditStore.Add(sql, auditEvent);
    });

    /// <summary>Persists the revocation of a key, with its audit event.</summary>
    public Task RevokeAsync(ApiKey revoked, AuditEvent auditEvent) => writes.EnqueueAsync(sql =>
    {
        SetRevoked(sql, revoked);
        AuditStore.Add(sql, auditEvent);
    });

    /// <summary>Persists the revocation of a rotated key and adds its successor, with their audit event.</summary>
    public Task RotateAsync(ApiKey rotated, ApiKey successor, AuditEvent auditEvent) => writes.EnqueueAsync(sql =>
    {
        Add(sql, successor);
        SetRevoked(sql, rotated);
        AuditStore.Add(sql, auditEvent);
    });

    /// <summary>Adds to the balance of a workspace, with its audit event.</summary>
    public Task CreditAsync(WorkspaceId workspace, long microUsd, AuditEvent auditEvent) => writes.EnqueueAsync(sql =>
    {
        AddToBalance(sql, workspace, microUsd);
        AuditStore.Add(sql, auditEvent);
    });

    /// <summary>Returns the usage of a workspace since <paramref name="from"/>, and which of the <paramref name="open"/> sessions have ended and are included.</summary>
    public (List<DailyUsage> Usage, List<SessionId> Ended) GetUsage(WorkspaceId workspace, DateOnly from, IReadOnlyList<SessionId> open) => reads.Read(sql =>
    {
        // One snapshot for both queries, so that a session that ends meanwhile is counted once. The shared cache of :memory: has no
        // snapshots: there a session can be missed or counted twice at the moment it ends.
        sql.Execute("BEGIN");
        try
        {
            var usage = sql.Query(
                "SELECT Day, KeyId, Region, BytesUp, BytesDown, Sessions FROM usage WHERE Workspace = ?1 AND Day >= ?2",
                row => new DailyUsage(workspace, DateOnly.FromDateTime(row.GetDateTime(0)), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4), row.GetInt32(5)),
                workspace.Value, FormatDay(from));
            var ended = sql.Query(
                "SELECT Id FROM sessions WHERE Id IN (SELECT value FROM json_each(?1)) AND EndedAt IS NOT NULL",
                row => SessionId.Parse(row.GetString(0)),
                $"[{string.Join(',', open.Select(id => $"\"{id}\""))}]");
            return (usage, ended);
        }
        finally
        {
            sql.Execute("ROLLBACK");
        }
    });

    /// <summary>Adds an ended session to the usage and deducts its charge. Call inside the write that persists its end.</summary>
    public static void Charge(SqlExecutor sql, Session session, string region)
    {
        var usage = DailyUsage.FromSession(session, DateOnly.FromDateTime(session.EndedAt!.Value.UtcDateTime), region);
        sql.Execute(
            """
            INSERT INTO usage (Workspace, Day, KeyId, Region, BytesUp, BytesDown, Sessions) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1)
            ON CONFLICT DO UPDATE SET BytesUp = BytesUp + ?5, BytesDown = BytesDown + ?6, Sessions = Sessions + 1
            """,
            usage.Workspace.Value, FormatDay(usage.Day), usage.KeyId, usage.Region, usage.BytesUp, usage.BytesDown);
        if (session.BilledMicroUsd > 0) AddToBalance(sql, session.Workspace, -session.BilledMicroUsd);
    }

    /// <summary>Adds a workspace unless it exists. Call inside a write.</summary>
    public static void Add(SqlExecutor sql, Workspace workspace) => sql.Execute(
        "INSERT INTO workspaces (Id, CreatedAt, BalanceMicroUsd) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        workspace.Id.Value, workspace.CreatedAt.ToUnixMicroseconds(), workspace.BalanceMicroUsd);

    public static void Add(SqlExecutor sql, ApiKey key) => sql.Execute(
        "INSERT INTO keys (Id, Workspace, Name, Prefix, Hash, TestMode, CreatedAt, LastUsedAt, RevokedAt) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        key.Id, key.Workspace.Value, key.Name, key.Prefix, key.Hash, key.TestMode,
        key.CreatedAt.ToUnixMicroseconds(), key.LastUsedAt?.ToUnixMicroseconds(), key.RevokedAt?.ToUnixMicroseconds());

    private static void SetRevoked(SqlExecutor sql, ApiKey key) =>
        sql.Execute("UPDATE keys SET RevokedAt = ?2 WHERE Id = ?1", key.Id, key.RevokedAt?.ToUnixMicroseconds());

    private static void AddToBalance(SqlExecutor sql, WorkspaceId workspace, long microUsd) =>
        sql.Execute("UPDATE workspaces SET BalanceMicroUsd = BalanceMicroUsd + ?2 WHERE Id = ?1", workspace.Value, microUsd);

    private static ApiKey ReadKey(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        Workspace = new WorkspaceId(row.GetString(1)),
        Name = row.GetString(2),
        Prefix = row.GetString(3),
        Hash = row.GetString(4),
        TestMode = row.GetBoolean(5),
        CreatedAt = Timestamp.FromUnixMicroseconds(row.GetInt64(6)),
        LastUsedAt = row.GetNullableTime(7),
        RevokedAt = row.GetNullableTime(8),
    };

    private static string FormatDay(DateOnly day) => day.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}
