using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>Connections for reading, as many as were ever needed at once, each kept with the statements it has prepared.</summary>
internal sealed class ReadConnections(StorageConnection storage, Outages outages) : IDisposable
{
    private readonly ConcurrentBag<Statements> _idle = [];

    /// <summary>Reads what is committed by now. Not for long queries: it holds the caller's thread.</summary>
    /// <exception cref="StorageUnavailableException">The machine does not allow it for now.</exception>
    public T Read<T>(Func<Statements, T> read)
    {
        try
        {
            var found = ReadOn(read);
            outages.Read();
            return found;
        }
        catch (SqliteException fault) when (StorageUnavailableException.Of(fault, reading: true) is { } unavailable)
        {
            outages.NoReading(unavailable);
            throw unavailable;
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var idle)) idle.Dispose();
    }

    private T ReadOn<T>(Func<Statements, T> read)
    {
        var statements = _idle.TryTake(out var idle) ? idle : new Statements(storage.Open());
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
