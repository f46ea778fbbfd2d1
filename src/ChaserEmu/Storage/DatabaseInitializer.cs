using ChaserEmu.Platform;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Storage;

/// <summary>Opens, creates or migrates the database before any other service starts, and locks its file until the emulator stops.</summary>
internal sealed class DatabaseInitializer(StorageConnectionFactory storage, EmulatorDbFactory dbFactory, DatabaseFile file, StorageHealth health, IOptions<StorageOptions> options)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>The id of the latest migration. <c>schema.sql</c> contains the schema after it.</summary>
    public const string LatestMigration = "20261128050000_EndedSessions";

    /// <summary>The first connection. While it is open, an in-memory database exists.</summary>
    private SqlExecutor? _firstConnection;
    private FileStream? _lockFile;

    /// <summary>Gets whether the database is open and has the schema of this version.</summary>
    public bool IsReady { get; private set; }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(cancellationToken);
            IsReady = true;
        }
        catch (SqliteException exception)
        {
            throw new StorageUnavailableException(
                $"The database '{options.Value.Path}' cannot be opened: {exception.Message.TrimEnd('.')}. {StorageUnavailableException.GetRemedy(exception)}, or set another file with --Storage:Path.", exception);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Checks the file a last time: nobody may have noticed that it was deleted, and its data ends with this process.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        health.CheckFile();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        file.Unwatch();
        _firstConnection?.Dispose();
        _lockFile?.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        // The path without links: two emulators that reach one file by different paths need the same lock.
        if (!storage.IsInMemory) _lockFile = OpenLockFile(storage.FilePath + ".lock");
        _firstConnection = new SqlExecutor(storage.OpenOrCreate());
        // A new or up-to-date file does not need EF Core, whose model takes long to build.
        var version = ReadVersion(_firstConnection);
        if (string.CompareOrdinal(version, LatestMigration) > 0)
            throw new StorageUnavailableException($"The database '{options.Value.Path}' was written by a later version of ChaserEmu (its schema is {version}; this version supports {LatestMigration}). Use the later version, or set another file with --Storage:Path.");
        _firstConnection.Query("PRAGMA journal_mode = WAL", row => row.GetString(0));
        if (version is null) _firstConnection.ExecuteScript(ReadSchemaScript());
        else if (version != LatestMigration) await MigrateAsync(_firstConnection, cancellationToken);
        file.Watch(_firstConnection);
    }

    /// <summary>Returns the last migration applied to the file; null if the file is empty.</summary>
    private string? ReadVersion(SqlExecutor sql)
    {
        var tables = sql.Query("SELECT name FROM sqlite_schema WHERE type = 'table'", row => row.GetString(0));
        if (tables.Count == 0) return null;
        var isMigrated = tables.Contains("__EFMigrationsHistory");
        if (!isMigrated && tables.Find(table => !table.StartsWith("__EF", StringComparison.Ordinal)) is { } unknownTable)
            throw new StorageUnavailableException($"The database '{options.Value.Path}' is not a ChaserEmu database: it has a table '{unknownTable}'. It was not changed. Set another file with --Storage:Path.");
        return isMigrated ? sql.Query("SELECT coalesce(max(MigrationId), '') FROM __EFMigrationsHistory", row => row.GetString(0))[0] : "";
    }

    private async Task MigrateAsync(SqlExecutor sql, CancellationToken cancellationToken)
    {
        // EF's lock is a row that stays after a kill and would block every later start. Our lock file is released by the kernel.
        sql.Execute("DROP TABLE IF EXISTS __EFMigrationsLock");
        await using var db = dbFactory.CreateContext();
        await db.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Returns the SQL script that creates the schema of all migrations.</summary>
    private static string ReadSchemaScript()
    {
        using var script = new StreamReader(typeof(DatabaseInitializer).Assembly.GetManifestResourceStream("schema.sql")!);
        return script.ReadToEnd();
    }

    private static FileStream OpenLockFile(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (FileLock.IsSharingViolation(exception))
        {
            throw new StorageUnavailableException(
                $"Another emulator is using the database ('{path}' is locked). Stop it, or set another file with --Storage:Path.", exception);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw StorageUnavailableException.NotWritable(Path.GetDirectoryName(path)!, exception);
        }
    }
}
