using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>Reads and writes session records. Writes return when they are committed; a session and its audit event are written in one transaction.</summary>
internal sealed class SessionStore(ReadConnectionPool reads, WriteQueue writes)
{
    private static readonly string SelectOne = $"{SessionTable.Table.Select} WHERE Id = ?1";
    private static readonly string SelectOpen = $"{SessionTable.Table.Select} WHERE Status IN ('Creating', 'Ready')";

    /// <summary>A text that sorts after every session id.</summary>
    private const string AfterAll = "sess_~";

    public Task AddAsync(Session session, AuditEvent? auditEvent = null) => writes.EnqueueAsync(sql =>
    {
        sql.Execute(SessionTable.Table.Insert, session);
        if (auditEvent is not null) AuditStore.Add(sql, auditEvent);
    });

    public Task UpdateAsync(Session session, AuditEvent? auditEvent = null) => writes.EnqueueAsync(sql =>
    {
        Update(sql, session);
        if (auditEvent is not null) AuditStore.Add(sql, auditEvent);
    });

    /// <summary>Persists the end of a session and charges its workspace, in one transaction. <paramref name="region"/> applies to sessions that never became ready.</summary>
    public Task CloseAsync(Session session, string region, AuditEvent auditEvent) => writes.EnqueueAsync(sql => Close(sql, session, region, auditEvent));

    /// <summary>Persists the byte counts of open sessions. The totals of an ended session are not changed.</summary>
    public Task FlushBytesAsync(IReadOnlyList<Session> sessions) => writes.EnqueueAsync(sql =>
    {
        foreach (var session in sessions) sql.Execute(SessionTable.UpdateBytes, session);
    });

    /// <summary>Returns a session, or null if it does not exist or belongs to another workspace.</summary>
    public Session? Find(SessionId id, WorkspaceId? workspace)
    {
        var found = reads.Read(sql => sql.Query(SelectOne, SessionTable.Table.Read, id.ToString()));
        return found is [var session] && (workspace is null || session.Workspace == workspace) ? session : null;
    }

    /// <summary>Returns up to <paramref name="count"/> sessions that are older than <paramref name="before"/>, newest first.</summary>
    public List<Session> List(SessionFilter filter, SessionId? before, int count) => reads.Read(sql => sql.Query(
        filter.ToSelect(), SessionTable.Table.Read, filter.Workspace?.Value, filter.Reason?.ToString(), filter.KeyId, before?.ToString() ?? AfterAll, count));

    /// <summary>
    /// Closes the sessions that an earlier run left open, billed by their last flushed byte counts. The end is not set before creation or
    /// ready, even if the clock is earlier now: the machine's clock was set back, or the earlier run had advanced the emulated clock.
    /// </summary>
    public async Task<IReadOnlyList<Session>> CloseOrphansAsync(DateTimeOffset now, string region, Func<Session, AuditEvent> createAuditEvent)
    {
        var open = reads.Read(sql => sql.Query(SelectOpen, SessionTable.Table.Read));
        var closed = open.ConvertAll(session => session.Close(EndedReason.AbandonedOrphan, Later(now, session.ReadyAt ?? session.CreatedAt)));
        if (closed.Count == 0) return closed;
        await writes.EnqueueAsync(sql =>
        {
            foreach (var session in closed) Close(sql, session, region, createAuditEvent(session));
        });
        return closed;
    }

    private static DateTimeOffset Later(DateTimeOffset first, DateTimeOffset second) => first > second ? first : second;

    private static void Close(SqlExecutor sql, Session session, string region, AuditEvent auditEvent)
    {
        Update(sql, session);
        AccountStore.Charge(sql, session, region);
        AuditStore.Add(sql, auditEvent);
    }

    private static void Update(SqlExecutor sql, Session session)
    {
        if (sql.Execute(SessionTable.Update, session) != 1) throw new InvalidOperationException($"{session.Id} is not recorded.");
    }
}
