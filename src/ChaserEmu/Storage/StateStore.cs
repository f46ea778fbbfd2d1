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

/// <summary>Resets, reads and replaces the rows of all tables, each in one transaction. Resets and imports write as all other code does; the export, which is rare, reads with EF Core.</summary>
internal sealed class StateStore(EmulatorDbFactory dbFactory, WriteQueue writes)
{
    /// <summary>Deletes the rows of the workspaces whose ids are in the JSON array <c>?1</c>: one statement per table for any number of workspaces. Each uses an index.</summary>
    public static readonly IReadOnlyList<string> DeleteStatements =
        [.. Tables.All.Select(table => $"DELETE FROM {table.Name} WHERE {(table == WorkspaceTable.Table ? "Id" : "Workspace")} IN (SELECT value FROM json_each(?1))")];

    /// <summary>Deletes all rows of the workspaces and inserts their initial state. Returns the number of deleted sessions.</summary>
    public async Task<int> ResetAsync(IReadOnlyList<FreshWorkspace> workspaces)
    {
        var ids = SqlExecutor.ToJson(workspaces.Select(fresh => fresh.Workspace.Id.Value));
        var sessions = 0;
        await writes.EnqueueAsync(sql =>
        {
            var deleted = Tables.All.Zip(DeleteStatements, (table, statement) => (Table: table, Rows: sql.Execute(statement, ids))).ToList();
            sessions = deleted.Find(rows => rows.Table == SessionTable.Table).Rows;
            foreach (var (workspace, keys) in workspaces)
            {
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
    public Task ReplaceAsync(DatabaseSnapshot rows) => writes.EnqueueAsync(sql =>
    {
        foreach (var table in Tables.All) sql.Execute($"DELETE FROM {table.Name}");
        foreach (var workspace in rows.Workspaces) sql.Execute(WorkspaceTable.Table.Insert, workspace);
        foreach (var key in rows.Keys) sql.Execute(KeyTable.Table.Insert, key);
        foreach (var session in rows.Sessions) sql.Execute(SessionTable.Table.Insert, session);
        foreach (var usage in rows.Usage) sql.Execute(UsageTable.Table.Insert, usage);
        foreach (var auditEvent in rows.Audit) sql.Execute(AuditTable.Table.Insert, auditEvent);
    });

    /// <summary>Returns whether the database has no workspace yet.</summary>
    public async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        await using var db = dbFactory.CreateContext();
        return !await db.Workspaces.AnyAsync(cancellationToken);
    }
}
