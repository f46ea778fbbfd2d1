namespace ChaserEmu.Storage;

/// <summary>
/// Runs checkpoints: moves committed pages from the write-ahead log into the database file. A checkpoint waits for the disk, so it
/// runs in the background and does not block the writer. See https://www.sqlite.org/wal.html.
/// </summary>
internal sealed class WalCheckpointer(StorageConnectionFactory storage) : IAsyncDisposable
{
    /// <summary>About 10,000 pages (40 MB). Checkpoints are rare because the first commit after one also waits for the disk.</summary>
    private const int CommitsPerCheckpoint = 1_000;

    /// <summary>128 MB. Above it the writer itself runs the checkpoint and waits. It is reached only if the disk is too slow for the writes.</summary>
    private const int AutoCheckpointPages = 32_000;

    private int _commits;
    private Task _running = Task.CompletedTask;

    /// <summary>Raises the limit of automatic checkpoints on the writer's connection, so that this class runs them first.</summary>
    public static void RaiseAutoCheckpointLimit(SqlExecutor writer) => writer.Execute($"PRAGMA wal_autocheckpoint = {AutoCheckpointPages}");

    /// <summary>Counts a commit and starts a checkpoint if one is due. Call after each commit of the writer.</summary>
    public void OnCommit()
    {
        if (++_commits < CommitsPerCheckpoint || storage.IsInMemory || !_running.IsCompleted) return;
        _commits = 0;
        _running = Task.Run(Run);
    }

    /// <summary>Waits for a running checkpoint.</summary>
    public async ValueTask DisposeAsync() => await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Runs a passive checkpoint, which never waits for readers or the writer. Errors are ignored: the writer gets and reports the same ones.</summary>
    private void Run()
    {
        using var connection = new SqlExecutor(storage.Open());
        connection.Query("PRAGMA wal_checkpoint(PASSIVE)", row => row.GetInt64(0));
    }
}
