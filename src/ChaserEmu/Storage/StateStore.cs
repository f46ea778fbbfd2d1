using System.Data;
using ChaserEmu.Domain;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

/// <summary>A workspace in its initial state, with the keys it keeps after a reset.</summary>
internal sealed record FreshWorkspace(Workspace Workspace, IReadOnlyList<ApiKey> Keys);

/// <summary>All rows of the database.</summary>
internal sealed record DatabaseSnapshot(
    IReadOnlyList<Workspace> Workspaces,
    IReadOnlyList<ApiKey> Keys,
    IReadOnlyList<Session> Sessions,
    IReadOnlyList<DailyUsage> Usage,
    IReadOnlyList<AuditEvent> Audit);

/// <summary>Resets, reads and replaces the rows of all tables, each in one transaction.</summary>
internal sealed class StateStore(EmulatorDbFactory dbFactory, WriteQueue writes)
{
    /// <summary>Deletes all rows of the workspaces and inserts their initial state. Returns the number of deleted sessions. Uses plain SQL, because tests reset often and before EF Core is loaded.</summary>
    public async Task<int> ResetAsync(IReadOnlyList<FreshWorkspace> workspaces)
    {
        var sessions = 0;
        await writes.EnqueueAsync(sql =>
        {
            sessions = 0;
            foreach (var (workspace, keys) in workspaces)
            {
                sessions += sql.Execute("DELETE FROM sessions WHERE Workspace = ?1", workspace.Id.Value);
                sql.Execute("DELETE FROM usage WHERE Workspace = ?1", workspace.Id.Value);
                sql.Execute("DELETE FROM audit WHERE Workspace = ?1", workspace.Id.Value);
                sql.Execute("DELETE FROM keys WHERE Workspace = ?1", workspace.Id.Value);
                sql.Execute("DELETE FROM workspaces WHERE Id = ?1", workspace.Id.Value);
                AccountStore.Add(sql, workspace);
                foreach (var key in keys) AccountStore.Add(sql, key);
            }
        });
        return sessions;
    }

    /// <summary>Returns all rows, in an order that is independent of the order of writes.</summary>
    public async Task<DatabaseSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        // One read transaction, so that concurrent writes do not appear in part.
        await using var db = dbFactory.CreateContext();
        await db.Database.OpenConnectionAsync(cancellationToken);
        await using var snapshot = ((SqliteConnection)db.Database.GetDbConnection()).BeginTransaction(IsolationLevel.ReadUncommitted, deferred: true);
        await db.Database.UseTransactionAsync(snapshot, cancellationToken);
        return new DatabaseSnapshot(
            [.. (await db.Workspaces.AsNoTracking().ToListAsync(cancellationToken)).OrderBy(w => w.Id.Value, StringComparer.Ordinal)],
            [.. (await db.Keys.AsNoTracking().ToListAsync(cancellationToken)).OrderBy(k => k.CreatedAt).ThenBy(k => k.Id, StringComparer.Ordinal)],
            await db.Sessions.AsNoTracking().OrderBy(s => s.Id).ToListAsync(cancellationToken),
            [.. (await db.Usage.AsNoTracking().ToListAsync(cancellationToken))
                .OrderBy(u => u.Day).ThenBy(u => u.Workspace.Value, StringComparer.Ordinal).ThenBy(u => u.KeyId, StringComparer.Ordinal).ThenBy(u => u.Region, StringComparer.Ordinal)],
            await db.Audit.AsNoTracking().OrderBy(e => e.Id).ToListAsync(cancellationToken));
    }

    /// <summary>Replaces all rows.</summary>
    public Task ReplaceAsync(DatabaseSnapshot rows) => writes.EnqueueAsync(async db =>
    {
        await db.Sessions.ExecuteDeleteAsync();
        await db.Usage.ExecuteDeleteAsync();
        await db.Audit.ExecuteDeleteAsync();
        await db.Keys.ExecuteDeleteAsync();
        await db.Workspaces.ExecuteDeleteAsync();
        db.AddRange(rows.Workspaces);
        db.AddRange(rows.Keys);
        db.AddRange(rows.Sessions);
        db.AddRange(rows.Usage);
        db.AddRange(rows.Audit);
    });

    /// <summary>Returns whether the database has no workspace yet.</summary>
    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        await using var db = dbFactory.CreateContext();
        return !await db.Workspaces.AnyAsync(cancellationToken);
    }
}
