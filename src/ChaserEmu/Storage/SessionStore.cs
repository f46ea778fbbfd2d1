using ChaserEmu.Domain;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

/// <summary>The recorded sessions. Writes return when they are durable.</summary>
internal sealed class SessionStore(IDbContextFactory<EmulatorDb> databases, WriteQueue writes)
{
    public Task AddAsync(Session session) => writes.Enqueue(db =>
    {
        db.Add(session);
        return Task.CompletedTask;
    });

    public Task UpdateAsync(Session session) => writes.Enqueue(db =>
    {
        db.Update(session);
        return Task.CompletedTask;
    });

    /// <summary>Records the end of a session and charges its workspace, together; <paramref name="region"/> is where a session counts that never became ready.</summary>
    public Task CloseAsync(Session session, string region) => writes.Enqueue(async db =>
    {
        db.Update(session);
        await AccountStore.ChargeAsync(db, session, region);
    });

    /// <summary>Records how far the meters of open sessions are. Totals of a session that has ended stay as they are.</summary>
    public Task FlushBytesAsync(IReadOnlyList<Session> sessions) => writes.Enqueue(async db =>
    {
        foreach (var session in sessions)
        {
            await db.Sessions.Where(s => s.Id == session.Id && s.EndedAt == null).ExecuteUpdateAsync(set => set
                .SetProperty(s => s.CdpBytes, session.CdpBytes)
                .SetProperty(s => s.EgressBytes, session.EgressBytes));
        }
    });

    /// <summary>A workspace's session, or null: another workspace's is as good as none.</summary>
    public async Task<Session?> FindAsync(SessionId id, WorkspaceId? workspace, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Sessions.AsNoTracking()
            .SingleOrDefaultAsync(s => s.Id == id && (workspace == null || s.Workspace == workspace), cancellationToken);
    }

    /// <summary>Up to <paramref name="count"/> sessions of a workspace, newest first, older than <paramref name="before"/>.</summary>
    public async Task<List<Session>> ListAsync(WorkspaceId workspace, SessionId? before, int count, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var sessions = db.Sessions.AsNoTracking().Where(s => s.Workspace == workspace);
        if (before is { } id) sessions = sessions.Where(s => string.Compare((string)(object)s.Id, id.ToString()) < 0);
        return await sessions.OrderByDescending(s => s.Id).Take(count).ToListAsync(cancellationToken);
    }

    /// <summary>Closes what a process that died left open, billed by its last flushed count.</summary>
    public async Task<IReadOnlyList<Session>> CloseOrphansAsync(DateTimeOffset now, string region)
    {
        var closed = new List<Session>();
        await writes.Enqueue(async db =>
        {
            closed.Clear();
            var open = await db.Sessions.AsNoTracking()
                .Where(s => s.Status == SessionStatus.Creating || s.Status == SessionStatus.Ready).ToListAsync();
            closed.AddRange(open.Select(s => s.Close(EndedReason.AbandonedOrphan, now)));
            db.UpdateRange(closed);
            foreach (var session in closed)
            {
                await AccountStore.ChargeAsync(db, session, region);
                await db.SaveChangesAsync();
            }
        });
        return closed;
    }
}
