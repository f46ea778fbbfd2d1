using System.Threading.Channels;

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
    private readonly StorageConnectionFactory _storage;
    private readonly StorageHealth _health;
    private readonly WalCheckpointer _checkpointer;
    private readonly Task _worker;

    /// <summary>Opened by the first write. Used by the worker only.</summary>
    private SqlExecutor? _connection;

    public WriteQueue(StorageConnectionFactory storage, StorageHealth health)
    {
        _storage = storage;
        _health = health;
        _checkpointer = new WalCheckpointer(storage);
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Raised after each group, with the real time its commit or failure took.</summary>
    public event Action<TimeSpan>? Committed;

    /// <summary>Gets the number of queued writes.</summary>
    public int PendingCount => _writes.Reader.Count;

    /// <summary>Queues a write. It runs inside a transaction.</summary>
    public Task EnqueueAsync(Action<SqlExecutor> apply)
    {
        var write = new Write(apply);
        ObjectDisposedException.ThrowIf(!_writes.Writer.TryWrite(write), this);
        return write.Done.Task;
    }

    /// <summary>Rejects new writes and returns when the queued ones are committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _writes.Writer.TryComplete();
        await _worker;
        await _checkpointer.DisposeAsync();
        _connection?.Dispose();
    }

    private static SqlExecutor OpenConnection(StorageConnectionFactory storage)
    {
        var connection = new SqlExecutor(storage.Open());
        WalCheckpointer.RaiseAutoCheckpointLimit(connection);
        return connection;
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
            Commit(group);
            if (_connection is not null) _checkpointer.OnCommit(_connection);
            Committed?.Invoke(TimeProvider.System.GetElapsedTime(start));
            group.Clear();
        }
    }

    private void Commit(List<Write> group)
    {
        try
        {
            Apply(group);
        }
        catch (Exception exception) when (group.Count == 1 || StorageUnavailableException.FromException(exception) is { IsFull: false })
        {
            var unavailable = StorageUnavailableException.FromException(exception);
            if (unavailable is not null) _health.ReportWriteFailure(unavailable);
            foreach (var write in group) write.Done.SetException(unavailable ?? exception);
            return;
        }
        catch (Exception)
        {
            // The group was rolled back. Commit each write alone, so that only the failing one fails, or the one that needs too much space.
            foreach (var write in group) Commit([write]);
            return;
        }

        _health.ReportWriteSuccess();
        foreach (var write in group) write.Done.SetResult();
    }

    private void Apply(List<Write> group)
    {
        if (_health.Damage is { } damage) throw damage;
        var connection = _connection ??= OpenConnection(_storage);
        connection.RunInTransaction(() =>
        {
            foreach (var write in group) write.Apply(connection);
            if (_health.CheckFile() is { } lost) throw lost;
        });
    }

    private sealed record Write(Action<SqlExecutor> Apply)
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
