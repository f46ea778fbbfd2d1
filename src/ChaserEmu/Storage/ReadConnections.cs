using System.Collections.Concurrent;

namespace ChaserEmu.Storage;

/// <summary>Connections for reading, as many as were ever needed at once, each kept with the statements it has prepared.</summary>
internal sealed class ReadConnections(StorageConnection storage) : IDisposable
{
    private readonly ConcurrentBag<Statements> _idle = [];

    /// <summary>Reads what is committed by now. Not for long queries: it holds the caller's thread.</summary>
    public T Read<T>(Func<Statements, T> read)
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

    public void Dispose()
    {
        while (_idle.TryTake(out var idle)) idle.Dispose();
    }
}
