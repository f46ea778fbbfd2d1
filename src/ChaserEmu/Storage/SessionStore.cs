using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>The recorded sessions. Writes return when they are durable; what the audit log is to say of them is written with them, or neither is.</summary>
internal sealed class SessionStore(ReadConnectionPool reads, WriteQueue writes)
{
    private static readonly string SelectOne = $"{SessionTable.SelectSql} WHERE Id = ?1";
    private static readonly string SelectPage = $"{SessionTable.SelectSql} WHERE Workspace = ?1 AND Id < ?2 ORDER BY Id DESC LIMIT ?3";
    private static readonly string SelectOpen = $"{SessionTable.SelectSql} WHERE Status IN ('Creating', 'Ready')";

    /// <summary>Sorts after every session id.</summary>
    private const string AfterAll = "sess_~";

    public Task AddAsync(Session session, AuditEvent? told = null) => writes.EnqueueAsync(sql =>
    {
        sql.Execute(SessionTable.InsertSql, SessionTable.GetInsertValues(session));
        if (told is not null) AuditStore.Add(sql, told);
    });

    public Task UpdateAsync(Session session, AuditEvent? told = null) => writes.EnqueueAsync(sql =>
    {
        Update(sql, session);
        if (told is not null) AuditStore.Add(sql, told);
    });

    /// <summary>Records the end of a session and charges its workspace, together; <paramref name="region"/> is where a session counts that never became ready.</summary>
    public Task CloseAsync(Session session, string region, AuditEvent told) => writes.EnqueueAsync(sql => Close(sql, session, region, told));

    /// <summary>Records how far the meters of open sessions are. Totals of a session that has ended stay as they are.</summary>
    public Task FlushBytesAsync(IReadOnlyList<Session> sessions) => writes.EnqueueAsync(sql =>
    {
        foreach (var session in sessions)
        {
            sql.Execute(
                "UPDATE sessions SET CdpBytes_Up = ?2, CdpBytes_Down = ?3, EgressBytes_Up = ?4, EgressBytes_Down = ?5 WHERE Id = ?1 AND EndedAt IS NULL",
                session.Id.ToString(), session.CdpBytes.Up, session.CdpBytes.Down, session.EgressBytes.Up, session.EgressBytes.Down);
        }
    });

    /// <summary>A workspace's session, or null: another workspace's is as good as none.</summary>
    public Session? Find(SessionId id, WorkspaceId? workspace)
    {
        var found = reads.Read(sql => sql.Query(SelectOne, SessionTable.Read, id.ToString()));
        return found is [var session] && (workspace is null || session.Workspace == workspace) ? session : null;
    }

    /// <summary>Up to <paramref name="count"/> sessions of a workspace, newest first, older than <paramref name="before"/>.</summary>
    public List<Session> List(WorkspaceId workspace, SessionId? before, int count) =>
        reads.Read(sql => sql.Query(SelectPage, SessionTable.Read, workspace.Value, before?.ToString() ?? AfterAll, count));

    /// <summary>
    /// Closes what a process that died left open, billed by its last flushed count. Time may be earlier by now than it was then (the
    /// machine's clock was set back, or a test had advanced ours), but nothing ends before it has begun.
    /// </summary>
    public async Task<IReadOnlyList<Session>> CloseOrphansAsync(DateTimeOffset now, string region, Func<Session, AuditEvent> told)
    {
        var open = reads.Read(sql => sql.Query(SelectOpen, SessionTable.Read));
        var closed = open.ConvertAll(session => session.Close(EndedReason.AbandonedOrphan, Later(now, session.ReadyAt ?? session.CreatedAt)));
        if (closed.Count == 0) return closed;
        await writes.EnqueueAsync(sql =>
        {
            foreach (var session in closed) Close(sql, session, region, told(session));
        });
        return closed;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static void Close(SqlExecutor sql, Session session, string region, AuditEvent told)
    {
        Update(sql, session);
        AccountStore.Charge(sql, session, region);
        AuditStore.Add(sql, told);
    }

    private static void Update(SqlExecutor sql, Session session)
    {
        if (sql.Execute(SessionTable.UpdateSql, SessionTable.GetUpdateValues(session)) != 1) throw new InvalidOperationException($"{session.Id} is not recorded.");
    }
}
