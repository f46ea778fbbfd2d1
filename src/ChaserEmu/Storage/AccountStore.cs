using ChaserEmu.Domain;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

/// <summary>The recorded workspaces, keys and usage. Writes return when they are durable.</summary>
internal sealed class AccountStore(IDbContextFactory<EmulatorDb> databases, WriteQueue writes)
{
    public async Task<(List<Workspace> Workspaces, List<ApiKey> Keys)> LoadAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return (await db.Workspaces.AsNoTracking().ToListAsync(cancellationToken), await db.Keys.AsNoTracking().ToListAsync(cancellationToken));
    }

    /// <summary>Adds a workspace unless it is there.</summary>
    public Task AddAsync(Workspace workspace) => writes.Enqueue(async db =>
    {
        if (!await db.Workspaces.AnyAsync(w => w.Id == workspace.Id)) db.Add(workspace);
    });

    public Task AddAsync(ApiKey key) => writes.Enqueue(db =>
    {
        db.Add(key);
        return Task.CompletedTask;
    });

    public Task UpdateAsync(IReadOnlyList<ApiKey> keys) => writes.Enqueue(db =>
    {
        db.UpdateRange(keys);
        return Task.CompletedTask;
    });

    public Task CreditAsync(WorkspaceId workspace, long microUsd) => writes.Enqueue(db => AddToBalanceAsync(db, workspace, microUsd));

    /// <summary>A workspace's usage on the days from <paramref name="from"/> on.</summary>
    public async Task<List<DailyUsage>> UsageAsync(WorkspaceId workspace, DateOnly from, CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        return await db.Usage.AsNoTracking().Where(u => u.Workspace == workspace && u.Day >= from).ToListAsync(cancellationToken);
    }

    /// <summary>Charges a session that has ended, inside the write that records its end.</summary>
    public static async Task ChargeAsync(EmulatorDb db, Session session, string region)
    {
        var part = DailyUsage.Of(session, DateOnly.FromDateTime(session.EndedAt!.Value.UtcDateTime), region);
        var counted = await db.Usage
            .Where(u => u.Workspace == part.Workspace && u.Day == part.Day && u.KeyId == part.KeyId && u.Region == part.Region)
            .ExecuteUpdateAsync(set => set
                .SetProperty(u => u.BytesUp, u => u.BytesUp + part.BytesUp)
                .SetProperty(u => u.BytesDown, u => u.BytesDown + part.BytesDown)
                .SetProperty(u => u.Sessions, u => u.Sessions + 1));
        if (counted == 0) db.Add(part);
        if (session.BilledMicroUsd > 0) await AddToBalanceAsync(db, session.Workspace, -session.BilledMicroUsd);
    }

    private static Task AddToBalanceAsync(EmulatorDb db, WorkspaceId workspace, long microUsd) => db.Workspaces
        .Where(w => w.Id == workspace)
        .ExecuteUpdateAsync(set => set.SetProperty(w => w.BalanceMicroUsd, w => w.BalanceMicroUsd + microUsd));
}
