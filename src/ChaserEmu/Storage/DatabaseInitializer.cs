using ChaserEmu.Platform;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Storage;

/// <summary>Opens the database before anything else starts, alone with the file until the end, and keeps an in-memory one alive as long.</summary>
internal sealed class DatabaseInitializer(StorageConnectionFactory storage, EmulatorDbFactory entities, IOptions<StorageOptions> options)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>The migration whose schema <c>schema.sql</c> has.</summary>
    public const string LatestMigration = "20261123204148_Initial";

    /// <summary>The first connection, which keeps an in-memory database alive.</summary>
    private SqlExecutor? _first;
    private FileStream? _ownership;

    /// <summary>Whether the database is open and its tables are those of this version.</summary>
    public bool IsReady { get; private set; }

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(cancellationToken);
            IsReady = true;
        }
        catch (SqliteException fault)
        {
            throw new StorageUnavailableException(
                $"The database '{options.Value.Path}' cannot be opened: {fault.Message.TrimEnd('.')}. {StorageUnavailableException.GetRemedy(fault)}, or give another file with --Storage:Path.", fault);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _first?.Dispose();
        _ownership?.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.IsInMemory) _ownership = TakeOwnership(Path.GetFullPath(options.Value.Path) + ".lock");
        _first = new SqlExecutor(storage.Open());
        // A new file and one that is up to date, which is nearly every one, need nothing of EF Core, whose model alone takes long to build.
        var version = Version(_first);
        if (string.CompareOrdinal(version, LatestMigration) > 0)
            throw new StorageUnavailableException($"The database '{options.Value.Path}' was written by a later ChaserEmu (its schema is {version}, this one knows {LatestMigration}). Start that one, or give another file with --Storage:Path.");
        _first.Query("PRAGMA journal_mode = WAL", row => row.GetString(0));
        if (version is null) _first.ExecuteScript(NewestSchema());
        else if (version != LatestMigration) await MigrateAsync(_first, cancellationToken);
    }

    /// <summary>The last migration that the file has seen; null when there is nothing in it.</summary>
    private string? Version(SqlExecutor sql)
    {
        var tables = sql.Query("SELECT name FROM sqlite_schema WHERE type = 'table'", row => row.GetString(0));
        if (tables.Count == 0) return null;
        var isMigrated = tables.Contains("__EFMigrationsHistory");
        if (!isMigrated && tables.Find(table => !table.StartsWith("__EF", StringComparison.Ordinal)) is { } foreign)
            throw new StorageUnavailableException($"The database '{options.Value.Path}' is not an emulator's: it has a table '{foreign}'. It is left as it is; give another file with --Storage:Path.");
        return isMigrated ? sql.Query("SELECT coalesce(max(MigrationId), '') FROM __EFMigrationsHistory", row => row.GetString(0))[0] : "";
    }

    private async Task MigrateAsync(SqlExecutor sql, CancellationToken cancellationToken)
    {
        // EF's own lock is a row that outlives a killed process, and would stop every later start; ours is the kernel's.
        sql.Execute("DROP TABLE IF EXISTS __EFMigrationsLock");
        await using var db = entities.CreateContext();
        await db.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>What all migrations together make, in SQL.</summary>
    private static string NewestSchema()
    {
        using var script = new StreamReader(typeof(DatabaseInitializer).Assembly.GetManifestResourceStream("schema.sql")!);
        return script.ReadToEnd();
    }

    private static FileStream TakeOwnership(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (FileLock.IsSharingViolation(fault))
        {
            throw new StorageUnavailableException(
                $"Another emulator is using the database ('{path}' is locked). Stop it, or give this one a file of its own with --Storage:Path.", fault);
        }
        catch (Exception fault) when (fault is UnauthorizedAccessException or IOException)
        {
            throw StorageUnavailableException.NotWritable(Path.GetDirectoryName(path)!, fault);
        }
    }
}

/// <summary>The database cannot be used; the message says why and what to do.</summary>
internal sealed class StorageUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Full = 13;
    private const int CannotOpen = 14;

    /// <summary>A write (or <paramref name="reading"/>) that failed by what the machine does not allow, and may allow later; null for anything else, which is a bug.</summary>
    public static StorageUnavailableException? FromException(Exception fault, bool reading = false)
    {
        if ((fault as SqliteException ?? fault.InnerException as SqliteException) is not { SqliteErrorCode: ReadOnly or InputOutput or Full or CannotOpen } sqlite) return null;
        var (what, then) = reading ? ("read", "") : ("written to", ": what waits is written then");
        return new($"The database cannot be {what}: {sqlite.Message.TrimEnd('.')}. {GetRemedy(sqlite)}{then}.", fault);
    }

    public static string GetRemedy(SqliteException fault) => fault.SqliteErrorCode switch
    {
        ReadOnly => $"Let the user '{Environment.UserName}' write to it",
        InputOutput or Full => "Make room on its disk, if that is full",
        CannotOpen => "See that the file is there, and that this process may have more files open (ulimit -n)",
        _ => "Mend or remove it",
    };

    public static StorageUnavailableException NotWritable(string folder, Exception inner) => new(
        $"The database cannot be written to in '{folder}': {inner.Message} "
        + $"Let the user '{Environment.UserName}' write there, or give another file with Storage:Path (':memory:' keeps nothing).",
        inner);
}
