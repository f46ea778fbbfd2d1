using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

/// <summary>
/// The one writer of the database. Writes that wait together are committed together, in the order in which they came,
/// and a write's task completes once it is durable (it survives a kill of the process).
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    private const int LargestGroup = 256;

    /// <summary>It has a single reader, but a channel for such cannot say how many wait.</summary>
    private readonly Channel<Write> _waiting = Channel.CreateUnbounded<Write>();
    private readonly Lazy<SqlExecutor> _statements;
    private readonly EmulatorDbFactory _entities;
    private readonly StorageHealth _outages;
    private readonly WalCheckpointer _checkpoints;
    private readonly Task _worker;

    public WriteQueue(StorageConnectionFactory storage, EmulatorDbFactory entities, StorageHealth outages)
    {
        _statements = new(() => Prepare(storage));
        _entities = entities;
        _outages = outages;
        _checkpoints = new WalCheckpointer(storage);
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Raised after each group, with how long it took to be durable, or to fail.</summary>
    public event Action<TimeSpan>? Committed;

    /// <summary>Writes that have yet to be taken up.</summary>
    public int PendingCount => _waiting.Reader.Count;

    /// <summary>Adds a write in plain SQL, which runs inside a transaction.</summary>
    public Task EnqueueAsync(Action<SqlExecutor> write) => EnqueueAsync(new Write(write, null));

    /// <summary>Adds a write by EF Core. It gets a context inside a transaction; what it tracks is saved for it.</summary>
    public Task EnqueueAsync(Func<EmulatorDb, Task> write) => EnqueueAsync(new Write(null, write));

    /// <summary>Takes no more writes, and ends when those that wait are committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _worker;
        await _checkpoints.DisposeAsync();
        if (_statements.IsValueCreated) _statements.Value.Dispose();
    }

    private static SqlExecutor Prepare(StorageConnectionFactory storage)
    {
        var statements = new SqlExecutor(storage.Open());
        WalCheckpointer.RaiseAutoCheckpointLimit(statements);
        return statements;
    }

    private Task EnqueueAsync(Write write)
    {
        ObjectDisposedException.ThrowIf(!_waiting.Writer.TryWrite(write), this);
        return write.Done.Task;
    }

    private async Task WorkAsync()
    {
        var group = new List<Write>(LargestGroup);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            // What others are about to write goes into the same group: a commit costs more than a write.
            await Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default);
            while (group.Count < LargestGroup && _waiting.Reader.TryRead(out var write)) group.Add(write);
            var began = TimeProvider.System.GetTimestamp();
            await CommitAsync(group);
            _checkpoints.OnCommit();
            Committed?.Invoke(TimeProvider.System.GetElapsedTime(began));
            group.Clear();
        }
    }

    private async Task CommitAsync(List<Write> group)
    {
        try
        {
            await ApplyAsync(group);
        }
        catch (Exception) when (group.Count > 1)
        {
            // Nothing of the group was kept. Alone, each succeeds or fails by its own merit.
            foreach (var write in group) await CommitAsync([write]);
            return;
        }
        catch (Exception failure)
        {
            var unavailable = StorageUnavailableException.FromException(failure);
            if (unavailable is not null) _outages.ReportWriteFailure(unavailable);
            group[0].Done.SetException(unavailable ?? failure);
            return;
        }

        _outages.ReportWriteSuccess();
        foreach (var write in group) write.Done.SetResult();
    }

    private async Task ApplyAsync(List<Write> group)
    {
        var statements = _statements.Value;
        Joined? joined = null;
        var transaction = statements.BeginTransaction();
        try
        {
            foreach (var write in group)
            {
                if (write.Sql is { } sql) sql(statements);
                else await (joined ??= new Joined(_entities, statements)).SaveAsync(write);
            }

            transaction.Commit();
        }
        finally
        {
            if (joined is not null) await joined.DisposeAsync();
            statements.EndTransaction();
        }
    }

    /// <summary>Either of the two ways to write.</summary>
    private sealed record Write(Action<SqlExecutor>? Sql, Func<EmulatorDb, Task>? Entities)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A context that writes where the statements do. All that a group has to do with EF Core is here, so that one without does not load it.</summary>
    private sealed class Joined(EmulatorDbFactory entities, SqlExecutor statements) : IAsyncDisposable
    {
        private EmulatorDb? _db;

        public async Task SaveAsync(Write write)
        {
            _db ??= await OpenAsync();
            await write.Entities!(_db);
            await _db.SaveChangesAsync();
            _db.ChangeTracker.Clear();
        }

        public async ValueTask DisposeAsync()
        {
            if (_db is not null) await _db.DisposeAsync();
        }

        private async Task<EmulatorDb> OpenAsync()
        {
            var db = entities.CreateContext();
            db.Database.SetDbConnection(statements.Connection);
            await db.Database.UseTransactionAsync(statements.Transaction);
            return db;
        }
    }
}
