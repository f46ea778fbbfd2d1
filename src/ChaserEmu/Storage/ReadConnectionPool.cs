using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>Connections for reading, as many as were ever needed at once, each kept with the statements it has prepared.</summary>
internal sealed class ReadConnectionPool(StorageConnectionFactory storage, StorageHealth outages) : IDisposable
{
    private readonly ConcurrentBag<SqlExecutor> _idle = [];

    /// <summary>Reads what is committed by now. Not for long queries: it holds the caller's thread.</summary>
    /// <exception cref="StorageUnavailableException">The machine does not allow it for now.</exception>
    public T Read<T>(Func<SqlExecutor, T> read)
    {
        try
        {
            var found = ReadOn(read);
            outages.ReportReadSuccess();
            return found;
        }
        catch (SqliteException fault) when (StorageUnavailableException.FromException(fault, reading: true) is { } unavailable)
        {
            outages.ReportReadFailure(unavailable);
            throw unavailable;
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var idle)) idle.Dispose();
    }

    private T ReadOn<T>(Func<SqlExecutor, T> read)
    {
        var statements = _idle.TryTake(out var idle) ? idle : new SqlExecutor(storage.Open());
        try
        {
            return read(statements);
        }
        finally
        {
            _idle.Add(statements);
        }
    }
}
