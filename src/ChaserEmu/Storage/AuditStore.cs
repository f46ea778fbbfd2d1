using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>Reads and adds audit events.</summary>
internal sealed class AuditStore(ReadConnectionPool reads)
{
    private const int PageSize = 500;

    private static readonly string SelectPage = $"{AuditTable.Table.Select} WHERE Workspace = ?1 AND Id > ?2 ORDER BY Id LIMIT ?3";

    /// <summary>Adds an event as part of the write that it records; the database assigns its id.</summary>
    public static void Add(SqlExecutor sql, AuditEvent auditEvent) => sql.Execute(AuditTable.Table.Insert, auditEvent);

    /// <summary>Returns the highest event id ever assigned in this database, even if a reset deleted the event; 0 if there was none.</summary>
    public long GetNewestId() => reads.Read(sql => sql.Query("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'", row => row.GetInt64(0)))[0];

    /// <summary>Returns up to 500 events of a workspace after an id, oldest first.</summary>
    public List<AuditEvent> Read(WorkspaceId workspace, long after) => reads.Read(sql => sql.Query(SelectPage, AuditTable.Table.Read, workspace.Value, after, PageSize));
}
