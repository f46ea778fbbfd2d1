namespace ChaserEmu.Storage;

/// <summary>Notices when the database file is deleted, moved, replaced or truncated while the emulator runs. SQLite itself would go on with the open file, which is lost at exit.</summary>
internal sealed class DatabaseFile(StorageConnectionFactory storage)
{
    /// <summary>Several times what the creation of a session writes.</summary>
    private const long MinFreeBytes = 256 * 1024;

    private readonly Lock _lock = new();
    private SqlExecutor? _connection;
    private long _length;

    /// <summary>Gets whether the disk of the file has less than 256 KB left for this user. SQLite can then still commit small writes, because a failed write leaves room in the log.</summary>
    public bool IsDiskFull
    {
        get
        {
            if (storage.IsInMemory) return false;
            try
            {
                return new DriveInfo(Path.GetDirectoryName(storage.FilePath)!).AvailableFreeSpace < MinFreeBytes;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The folder is gone. The next write reports that.
                return false;
            }
        }
    }

    /// <summary>Begins to watch the file of an open connection.</summary>
    public void Watch(SqlExecutor connection)
    {
        if (storage.IsInMemory) return;
        lock (_lock) (_connection, _length) = (connection, new FileInfo(storage.FilePath).Length);
    }

    /// <summary>Stops watching. Call before the connection is closed.</summary>
    public void Unwatch()
    {
        lock (_lock) _connection = null;
    }

    /// <summary>Returns an exception if the file is no longer the one that was opened or has lost content; otherwise null. Costs two system calls.</summary>
    public StorageUnavailableException? GetProblem()
    {
        lock (_lock)
        {
            if (_connection is null) return null;
            var file = new FileInfo(storage.FilePath);
            if (!file.Exists || _connection.HasFileMoved) return StorageUnavailableException.ForFile($"'{storage.FilePath}' was deleted, moved or replaced while the emulator was running");

            // The emulator never runs VACUUM, so the file only grows.
            if (file.Length < _length) return StorageUnavailableException.ForFile($"'{storage.FilePath}' was truncated while the emulator was running, from {_length} to {file.Length} bytes");
            _length = file.Length;
            return null;
        }
    }
}
