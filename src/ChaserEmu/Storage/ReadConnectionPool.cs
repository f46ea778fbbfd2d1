using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>A pool of read connections. It grows to the maximum number used at once and keeps their prepared statements.</summary>
internal sealed class ReadConnectionPool(StorageConnectionFactory storage, StorageHealth health) : IDisposable
{
    private readonly ConcurrentBag<SqlExecutor> _idle = [];

    /// <summary>Reads committed data. Blocks the calling thread, so use it for short queries only.</summary>
    /// <exception cref="StorageUnavailableException">The database cannot be read at the moment.</exception>
    public T Read<T>(Func<SqlExecutor, T> read)
    {
        try
        {
            var result = ReadCore(read);
            health.ReportReadSuccess();
            return result;
        }
        // A truncated file can also look as if it had no tables, which SQLite reports as invalid SQL.
        catch (SqliteException exception) when ((StorageUnavailableException.FromException(exception, reading: true) ?? health.CheckFile()) is { } unavailable)
        {
            health.ReportReadFailure(unavailable);
            throw unavailable;
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var idle)) idle.Dispose();
    }

    private T ReadCore<T>(Func<SqlExecutor, T> read)
    {
        var connection = _idle.TryTake(out var idle) ? idle : new SqlExecutor(storage.Open());
        try
        {
            return read(connection);
        }
        finally
        {
            _idle.Add(connection);
        }
    }
}
