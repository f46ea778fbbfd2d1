using ChaserEmu.Domain;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

/// <summary>The record of what was done. It is only added to.</summary>
internal sealed class AuditStore(IDbContextFactory<EmulatorDb> databases, WriteQueue writes)
{
    private const int Page = 500;

    /// <summary>Adds an event, whose id the database gives. Returns when it is durable.</summary>
    public Task AddAsync(AuditEvent added) => writes.Enqueue(db =>
    {
        db.Add(added);
        return Task.CompletedTask;
    });

    /// <summary>The id of the newest event; 0 when there is none.</summary>
    public async Task<long> NewestAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Audit.MaxAsync(e => (long?)e.Id, cancellationToken) ?? 0;
    }

    /// <summary>A workspace's next events after an id, oldest first, a page at the most.</summary>
    public async Task<List<AuditEvent>> ReadAsync(WorkspaceId workspace, long after, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Audit.AsNoTracking()
            .Where(e => e.Workspace == workspace && e.Id > after)
            .OrderBy(e => e.Id)
            .Take(Page)
            .ToListAsync(cancellationToken);
    }
}
