using SQLitePCL;

namespace ChaserEmu.Storage;

/// <summary>
/// Runs checkpoints: moves committed pages from the write-ahead log into the database file. A checkpoint waits for the disk, so it
/// runs in the background and does not block the writer. See https://www.sqlite.org/wal.html.
/// </summary>
/// <remarks>
/// The log begins again from its start only after a checkpoint of all its pages. Under load, a background checkpoint never includes the last
/// pages, so the writer completes it. When there were no writes for a second, a large log file is truncated.
/// </remarks>
internal sealed class WalCheckpointer : IAsyncDisposable
{
    /// <summary>40 MB. Checkpoints are rare because the first commit after one also waits for the disk.</summary>
    private const int PagesPerCheckpoint = 10_000;

    /// <summary>128 MB. Above it the writer itself runs the checkpoint and waits. It is reached only if the disk is too slow for the writes.</summary>
    private const int AutoCheckpointPages = 32_000;

    private const long MaxIdleBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(1);

    private readonly StorageConnectionFactory _storage;
    private readonly ITimer _idleTimer;
    private readonly Lock _lock = new();
    private int _pages;
    private bool _isUnfinished;
    private Task _running = Task.CompletedTask;

    public WalCheckpointer(StorageConnectionFactory storage)
    {
        _storage = storage;
        _idleTimer = TimeProvider.System.CreateTimer(_ => Start(TruncateWhenIdle), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Raises the limit of automatic checkpoints on the writer's connection, so that this class runs them first.</summary>
    public static void RaiseAutoCheckpointLimit(SqlExecutor writer) => writer.Execute($"PRAGMA wal_autocheckpoint = {AutoCheckpointPages}");

    /// <summary>Counts the pages of a commit and starts a checkpoint if one is due. Call after each commit of the writer.</summary>
    public void OnCommit(SqlExecutor writer)
    {
        if (_storage.IsInMemory) return;
        _idleTimer.Change(IdleTime, Timeout.InfiniteTimeSpan);
        _pages += writer.TakePagesWritten();
        if (_isUnfinished && _running.IsCompleted)
        {
            // Only the pages that were written meanwhile are left.
            _isUnfinished = false;
            writer.TryCheckpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        }

        if (_pages < PagesPerCheckpoint || !Start(RunPassive)) return;
        _pages = 0;
        _isUnfinished = true;
    }

    /// <summary>Waits for a running checkpoint.</summary>
    public async ValueTask DisposeAsync()
    {
        await _idleTimer.DisposeAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private bool Start(Action run)
    {
        lock (_lock)
        {
            if (!_running.IsCompleted) return false;
            _running = Task.Run(run);
            return true;
        }
    }

    /// <summary>Runs a passive checkpoint, which never waits for readers or the writer. Errors are ignored: the writer gets and reports the same ones.</summary>
    private void RunPassive()
    {
        using var connection = new SqlExecutor(_storage.Open());
        connection.TryCheckpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
    }

    /// <summary>Truncates a large log. Almost all of it is checkpointed before the lock is taken. Tries again a second later if the log is in use.</summary>
    private void TruncateWhenIdle()
    {
        if (new FileInfo(_storage.FilePath + "-wal") is not { Exists: true, Length: > MaxIdleBytes }) return;
        using var connection = new SqlExecutor(_storage.Open());
        connection.TryCheckpoint(raw.SQLITE_CHECKPOINT_PASSIVE);
        // Without waiting: it would wait for readers while it blocks the writer.
        connection.Execute("PRAGMA busy_timeout = 0");
        if (!connection.TryCheckpoint(raw.SQLITE_CHECKPOINT_TRUNCATE)) _idleTimer.Change(IdleTime, Timeout.InfiniteTimeSpan);
    }
}
