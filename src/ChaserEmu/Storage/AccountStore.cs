using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>Reads and writes workspaces, keys and usage. Writes return when they are committed.</summary>
internal sealed class AccountStore(ReadConnectionPool reads, WriteQueue writes)
{
    private const string SelectEnded = "SELECT Id FROM sessions WHERE Id IN (SELECT value FROM json_each(?1)) AND EndedAt IS NOT NULL";
    private static readonly string SelectUsage = $"{UsageTable.Table.Select} WHERE Workspace = ?1 AND Day >= ?2";

    public (List<Workspace> Workspaces, List<ApiKey> Keys) Load() => reads.Read(sql => (
        sql.Query(WorkspaceTable.Table.Select, WorkspaceTable.Table.Read),
        sql.Query(KeyTable.Table.Select, KeyTable.Table.Read)));

    /// <summary>Adds a workspace unless it exists, and a key.</summary>
    public Task AddAsync(Workspace workspace, ApiKey? key = null) => writes.EnqueueAsync(sql =>
    {
        Add(sql, workspace);
        if (key is not null) Add(sql, key);
    });

    /// <summary>Updates the last-used times of keys. Other columns are not written, because a key may be revoked concurrently.</summary>
    public Task RecordLastUsedAsync(IReadOnlyList<ApiKey> keys) => writes.EnqueueAsync(sql =>
    {
        foreach (var key in keys) sql.Execute(KeyTable.UpdateLastUsed, key);
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

    /// <summary>Adds to the balance of a workspace.</summary>
    public Task AddToBalanceAsync(WorkspaceId workspace, long microUsd) => writes.EnqueueAsync(sql => AddToBalance(sql, workspace, microUsd));

    /// <summary>Returns the usage of a workspace since <paramref name="from"/>, and which of the <paramref name="open"/> sessions have ended and are included.</summary>
    public (List<DailyUsage> Usage, List<SessionId> Ended) GetUsage(WorkspaceId workspace, DateOnly from, IReadOnlyList<SessionId> open) => reads.Read(sql =>
    {
        // One snapshot for both queries, so that a session that ends meanwhile is counted once. The shared cache of :memory: has no
        // snapshots: there a session can be missed or counted twice at the moment it ends.
        sql.Execute("BEGIN");
        try
        {
            var usage = sql.Query(SelectUsage, UsageTable.Table.Read, workspace.Value, SqlType.FormatDay(from));
            var ended = sql.Query(SelectEnded, row => SessionId.Parse(row.GetString(0)), SqlExecutor.ToJson(open.Select(id => id.ToString())));
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
        sql.Execute(UsageTable.InsertOrAdd, DailyUsage.FromSession(session, DateOnly.FromDateTime(session.EndedAt!.Value.UtcDateTime), region));
        if (session.BilledMicroUsd > 0) AddToBalance(sql, session.Workspace, -session.BilledMicroUsd);
    }

    /// <summary>Adds a workspace unless it exists. Call inside a write.</summary>
    public static void Add(SqlExecutor sql, Workspace workspace) => sql.Execute(WorkspaceTable.InsertIfMissing, workspace);

    public static void Add(SqlExecutor sql, ApiKey key) => sql.Execute(KeyTable.Table.Insert, key);

    private static void SetRevoked(SqlExecutor sql, ApiKey key) => sql.Execute(KeyTable.UpdateRevoked, key);

    private static void AddToBalance(SqlExecutor sql, WorkspaceId workspace, long microUsd) => sql.Execute(WorkspaceTable.AddToBalance, workspace.Value, microUsd);
}
