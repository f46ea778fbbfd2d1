namespace ChaserEmu.Storage;

/// <summary>
/// Brings what is committed from the write-ahead log into the database file. That waits for the disk, so it is done beside the writer,
/// who goes on meanwhile, rather than by it.
/// </summary>
internal sealed class WalCheckpointer(StorageConnectionFactory storage) : IAsyncDisposable
{
    /// <summary>Some 10,000 pages (40 MB): rare, since the first commit after one waits for the disk, too.</summary>
    private const int GroupsBetween = 1_000;

    /// <summary>Of pages (128 MB). So many are left only where the disk is too slow for what is written; then the writer has to wait for it.</summary>
    private const int MostPages = 32_000;

    private int _groups;
    private Task _running = Task.CompletedTask;

    /// <summary>Tells the writer's connection to leave checkpoints to this.</summary>
    public static void RaiseAutoCheckpointLimit(SqlExecutor writer) => writer.Execute($"PRAGMA wal_autocheckpoint = {MostPages}");

    /// <summary>After each commit of the writer.</summary>
    public void OnCommit()
    {
        if (++_groups < GroupsBetween || storage.IsInMemory || !_running.IsCompleted) return;
        _groups = 0;
        _running = Task.Run(Run);
    }

    /// <summary>Waits for one that is under way.</summary>
    public async ValueTask DisposeAsync() => await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Takes what it can get without waiting for anybody. A disk that refuses it will refuse the writer, which then says so.</summary>
    private void Run()
    {
        using var statements = new SqlExecutor(storage.Open());
        statements.Query("PRAGMA wal_checkpoint(PASSIVE)", row => row.GetInt64(0));
    }
}
