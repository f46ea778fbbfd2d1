using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

/// <summary>
/// The only writer of the database. Queued writes are committed in order, in groups of one transaction. The task of a write completes
/// once it is committed: it then survives a kill of the process.
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    private const int MaxGroupSize = 256;

    /// <summary>Not created with SingleReader, because such a channel does not support Count.</summary>
    private readonly Channel<Write> _writes = Channel.CreateUnbounded<Write>();
    private readonly Lazy<SqlExecutor> _connection;
    private readonly EmulatorDbFactory _dbFactory;
    private readonly StorageHealth _health;
    private readonly WalCheckpointer _checkpointer;
    private readonly Task _worker;

    public WriteQueue(StorageConnectionFactory storage, EmulatorDbFactory dbFactory, StorageHealth health)
    {
        _connection = new(() => OpenConnection(storage));
        _dbFactory = dbFactory;
        _health = health;
        _checkpointer = new WalCheckpointer(storage);
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Raised after each group, with the real time its commit or failure took.</summary>
    public event Action<TimeSpan>? Committed;

    /// <summary>Gets the number of queued writes.</summary>
    public int PendingCount => _writes.Reader.Count;

    /// <summary>Queues a write in plain SQL. It runs inside a transaction.</summary>
    public Task EnqueueAsync(Action<SqlExecutor> write) => EnqueueAsync(new Write(write, null));

    /// <summary>Queues a write with EF Core. It receives a context inside a transaction; tracked changes are saved afterwards.</summary>
    public Task EnqueueAsync(Func<EmulatorDb, Task> write) => EnqueueAsync(new Write(null, write));

    /// <summary>Rejects new writes and returns when the queued ones are committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _worker;
        await _checkpointer.DisposeAsync();
        if (_connection.IsValueCreated) _connection.Value.Dispose();
    }

    private static SqlExecutor OpenConnection(StorageConnectionFactory storage)
    {
        var connection = new SqlExecutor(storage.Open());
        WalCheckpointer.RaiseAutoCheckpointLimit(connection);
        return connection;
    }

    private Task EnqueueAsync(Write write)
    {
        ObjectDisposedException.ThrowIf(!_writes.Writer.TryWrite(write), this);
        return write.Done.Task;
    }

    private async Task WorkAsync()
    {
        var group = new List<Write>(MaxGroupSize);
        while (await _writes.Reader.WaitToReadAsync())
        {
            // Yields once, so that writes that are about to be queued join the group: a commit costs more than a write.
            await Task.Factory.StartNew(static () => { }, CancellationToken.None, TaskCreationOptions.PreferFairness, TaskScheduler.Default);
            while (group.Count < MaxGroupSize && _writes.Reader.TryRead(out var write)) group.Add(write);
            var start = TimeProvider.System.GetTimestamp();
            await CommitAsync(group);
            _checkpointer.OnCommit();
            Committed?.Invoke(TimeProvider.System.GetElapsedTime(start));
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
            // The group was rolled back. Commit each write alone, so that only the failing one fails.
            foreach (var write in group) await CommitAsync([write]);
            return;
        }
        catch (Exception exception)
        {
            var unavailable = StorageUnavailableException.FromException(exception);
            if (unavailable is not null) _health.ReportWriteFailure(unavailable);
            group[0].Done.SetException(unavailable ?? exception);
            return;
        }

        _health.ReportWriteSuccess();
        foreach (var write in group) write.Done.SetResult();
    }

    private async Task ApplyAsync(List<Write> group)
    {
        var connection = _connection.Value;
        GroupContext? groupContext = null;
        var transaction = connection.BeginTransaction();
        try
        {
            foreach (var write in group)
            {
                if (write.Sql is { } sql) sql(connection);
                else await (groupContext ??= new GroupContext(_dbFactory, connection)).SaveAsync(write);
            }

            transaction.Commit();
        }
        finally
        {
            if (groupContext is not null) await groupContext.DisposeAsync();
            connection.EndTransaction();
        }
    }

    /// <summary>A queued write: exactly one of <paramref name="Sql"/> and <paramref name="Entities"/> is set.</summary>
    private sealed record Write(Action<SqlExecutor>? Sql, Func<EmulatorDb, Task>? Entities)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>An EF Core context on the writer's connection and transaction. All EF Core code of a group is here, so that a group without it does not load EF Core.</summary>
    private sealed class GroupContext(EmulatorDbFactory dbFactory, SqlExecutor connection) : IAsyncDisposable
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
            var db = dbFactory.CreateContext();
            db.Database.SetDbConnection(connection.Connection);
            await db.Database.UseTransactionAsync(connection.Transaction);
            return db;
        }
    }
}
