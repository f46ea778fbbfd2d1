using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Storage;

/// <summary>Opens the database before anything else starts, alone with the file until the end, and keeps an in-memory one alive as long.</summary>
internal sealed class DatabaseSetup(IDbContextFactory<EmulatorDb> databases, IOptions<StorageOptions> options) : IHostedLifecycleService, IDisposable
{
    private SqliteConnection? _keepAlive;
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
                $"The database '{options.Value.Path}' cannot be opened: {fault.Message.TrimEnd('.')}. Mend or remove it, or give another file with --Storage:Path.", fault);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _keepAlive?.Dispose();
        _ownership?.Dispose();
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        if (options.Value.IsInMemory)
        {
            _keepAlive = new SqliteConnection(db.Database.GetConnectionString());
            await _keepAlive.OpenAsync(cancellationToken);
        }
        else
        {
            var file = Path.GetFullPath(options.Value.Path);
            _ownership = TakeOwnership(file + ".lock");
            await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellationToken);

            // EF's own lock is a row that outlives a killed process, and would stop every later start; ours is the kernel's.
            await db.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellationToken);
        }

        await db.Database.MigrateAsync(cancellationToken);
    }

    private static FileStream TakeOwnership(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception fault) when (fault is UnauthorizedAccessException || (fault is IOException && !File.Exists(path)))
        {
            throw StorageUnavailableException.NotWritable(Path.GetDirectoryName(path)!, fault);
        }
        catch (IOException fault)
        {
            throw new StorageUnavailableException(
                $"Another emulator is using the database ('{path}' is locked). Stop it, or give this one a file of its own with --Storage:Path.", fault);
        }
    }
}

/// <summary>The database cannot be used; the message says why and what to do.</summary>
internal sealed class StorageUnavailableException(string message, Exception inner) : Exception(message, inner)
{
    public static StorageUnavailableException NotWritable(string folder, Exception inner) => new(
        $"The database cannot be written to in '{folder}': {inner.Message} "
        + $"Let the user '{Environment.UserName}' write there, or give another file with Storage:Path (':memory:' keeps nothing).",
        inner);
}
