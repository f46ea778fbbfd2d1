using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>The record of what was done. It is only added to.</summary>
internal sealed class AuditStore(ReadConnectionPool reads, WriteQueue writes)
{
    private const int Page = 500;

    /// <summary>Adds an event, whose id the database gives. Returns when it is durable.</summary>
    public Task AddAsync(AuditEvent added) => writes.EnqueueAsync(sql => Add(sql, added));

    /// <summary>The same as part of another write.</summary>
    public static void Add(SqlExecutor sql, AuditEvent added) => sql.Execute(
        "INSERT INTO audit (Workspace, At, Action, Subject, Detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        added.Workspace.Value, added.At.ToUnixMicroseconds(), added.Action, added.Subject, added.Detail);

    /// <summary>The id of the newest event that there ever was in this database, though it may have been forgotten with a reset; 0 when there was none.</summary>
    public long GetNewestId() => reads.Read(sql => sql.Query("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'", row => row.GetInt64(0)))[0];

    /// <summary>A workspace's next events after an id, oldest first, a page at the most.</summary>
    public List<AuditEvent> Read(WorkspaceId workspace, long after) => reads.Read(sql => sql.Query(
        "SELECT Id, At, Action, Subject, Detail FROM audit WHERE Workspace = ?1 AND Id > ?2 ORDER BY Id LIMIT ?3",
        row => new AuditEvent(row.GetInt64(0), workspace, Timestamp.FromUnixMicroseconds(row.GetInt64(1)), row.GetString(2), row.GetNullableString(3), row.GetNullableString(4)),
        workspace.Value, after, Page));
}
