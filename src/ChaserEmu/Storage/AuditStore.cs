using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>Reads and adds audit events.</summary>
internal sealed class AuditStore(ReadConnectionPool reads)
{
    private const int PageSize = 500;

    /// <summary>Adds an event as part of the write that it records; the database assigns its id.</summary>
    public static void Add(SqlExecutor sql, AuditEvent auditEvent) => sql.Execute(
        "INSERT INTO audit (Workspace, At, Action, Subject, Detail) VALUES (?1, ?2, ?3, ?4, ?5)",
        auditEvent.Workspace.Value, auditEvent.At.ToUnixMicroseconds(), auditEvent.Action, auditEvent.Subject, auditEvent.Detail);

    /// <summary>Returns the highest event id ever assigned in this database, even if a reset deleted the event; 0 if there was none.</summary>
    public long GetNewestId() => reads.Read(sql => sql.Query("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'", row => row.GetInt64(0)))[0];

    /// <summary>Returns up to 500 events of a workspace after an id, oldest first.</summary>
    public List<AuditEvent> Read(WorkspaceId workspace, long after) => reads.Read(sql => sql.Query(
        "SELECT Id, At, Action, Subject, Detail FROM audit WHERE Workspace = ?1 AND Id > ?2 ORDER BY Id LIMIT ?3",
        row => new AuditEvent(row.GetInt64(0), workspace, Timestamp.FromUnixMicroseconds(row.GetInt64(1)), row.GetString(2), row.GetNullableString(3), row.GetNullableString(4)),
        workspace.Value, after, PageSize));
}
