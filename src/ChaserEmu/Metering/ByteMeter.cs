using ChaserEmu.Domain;

namespace ChaserEmu.Metering;

/// <summary>
/// Counts the bytes of many connections. Each connection has its own <see cref="ConnectionByteCounter"/>, which counts without
/// locks. The total is the sum of all counters. It never decreases, also not when a connection ends.
/// </summary>
internal sealed class ByteMeter
{
    private readonly Lock _lock = new();
    private readonly HashSet<ConnectionByteCounter> _open = [];
    private ByteCount _closed;

    /// <summary>Gets the number of open counters.</summary>
    public int OpenConnections
    {
        get { lock (_lock) return _open.Count; }
    }

    /// <summary>Opens a counter for a new connection. Dispose it when the connection has ended; its bytes stay in the total.</summary>
    public ConnectionByteCounter OpenCounter()
    {
        var counter = new ConnectionByteCounter(this);
        lock (_lock) _open.Add(counter);
        return counter;
    }

    /// <summary>Returns the total of all open and closed counters.</summary>
    public ByteCount Read()
    {
        lock (_lock)
        {
            var sum = _closed;
            foreach (var counter in _open) sum += counter.Count;
            return sum;
        }
    }

    /// <summary>Adds a counter's bytes to the total of closed counters. A second call has no effect.</summary>
    internal void CloseCounter(ConnectionByteCounter counter)
    {
        lock (_lock)
        {
            if (_open.Remove(counter)) _closed += counter.Count;
        }
    }
}

/// <summary>Counts the bytes of one connection. Each direction allows one writer at a time; reads are allowed from any thread.</summary>
internal sealed class ConnectionByteCounter(ByteMeter meter) : IDisposable
{
    private long _up;
    private long _down;

    public ByteCount Count => new(Volatile.Read(ref _up), Volatile.Read(ref _down));

    public void AddUp(int bytes) => Volatile.Write(ref _up, _up + bytes);

    public void AddDown(int bytes) => Volatile.Write(ref _down, _down + bytes);

    public void Dispose() => meter.CloseCounter(this);
}
