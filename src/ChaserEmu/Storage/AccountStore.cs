using System.Data;
using ChaserEmu.Domain;
using Microsoft.Data.Sqlite;
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

    /// <summary>Records when keys were last used, and nothing else of them: a key may be revoked at the same time.</summary>
    public Task RecordUseAsync(IReadOnlyList<ApiKey> keys) => writes.Enqueue(async db =>
    {
        foreach (var key in keys)
        {
            await db.Keys.Where(k => k.Id == key.Id).ExecuteUpdateAsync(set => set.SetProperty(k => k.LastUsedAt, key.LastUsedAt));
        }
    });

    public Task RevokeAsync(string keyId, DateTimeOffset at) => writes.Enqueue(db =>
        db.Keys.Where(k => k.Id == keyId).ExecuteUpdateAsync(set => set.SetProperty(k => k.RevokedAt, at)));

    public Task CreditAsync(WorkspaceId workspace, long microUsd) => writes.Enqueue(db => AddToBalanceAsync(db, workspace, microUsd));

    /// <summary>A workspace's usage on the days from <paramref name="from"/> on, and which of <paramref name="open"/> have ended and are in it by now.</summary>
    public async Task<(List<DailyUsage> Usage, List<SessionId> Ended)> UsageAsync(
        WorkspaceId workspace, DateOnly from, IReadOnlyList<SessionId> open, CancellationToken cancellationToken)
    {
        // One snapshot for both, so that a session that ends meanwhile counts once. (EF's own transactions would wait for the writer.)
        // A file's transaction is serializable all the same; in the shared cache of :memory: a reader that locked tables could
        // deadlock with the writer, and there a session may be counted twice, or not, at the very moment of its end.
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        await db.Database.OpenConnectionAsync(cancellationToken);
        await using var snapshot = ((SqliteConnection)db.Database.GetDbConnection()).BeginTransaction(IsolationLevel.ReadUncommitted, deferred: true);
        await db.Database.UseTransactionAsync(snapshot, cancellationToken);
        var usage = await db.Usage.AsNoTracking().Where(u => u.Workspace == workspace && u.Day >= from).ToListAsync(cancellationToken);
        var ended = await db.Sessions.Where(s => open.Contains(s.Id) && s.EndedAt != null).Select(s => s.Id).ToListAsync(cancellationToken);
        return (usage, ended);
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
