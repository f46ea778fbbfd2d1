using ChaserEmu.Domain;

namespace ChaserEmu.Metering;

/// <summary>
/// Counts the bytes of many connections. Each connection counts into a <see cref="ConnectionByteCounter"/> of its own,
/// without locks; a reading is the sum of all, and never goes back when a connection ends.
/// </summary>
internal sealed class ByteMeter
{
    private readonly Lock _gate = new();
    private readonly HashSet<ConnectionByteCounter> _open = [];
    private ByteCount _finished;

    /// <summary>Connections that are counting now.</summary>
    public int OpenConnections
    {
        get { lock (_gate) return _open.Count; }
    }

    /// <summary>A counter for a new connection; dispose it when the connection has ended, which keeps its bytes.</summary>
    public ConnectionByteCounter OpenCounter()
    {
        var counter = new ConnectionByteCounter(this);
        lock (_gate) _open.Add(counter);
        return counter;
    }

    public ByteCount Read()
    {
        lock (_gate)
        {
            var sum = _finished;
            foreach (var counter in _open) sum += counter.Count;
            return sum;
        }
    }

    internal void CloseCounter(ConnectionByteCounter counter)
    {
        lock (_gate)
        {
            if (_open.Remove(counter)) _finished += counter.Count;
        }
    }
}

/// <summary>The bytes of one connection. Each direction has one writer at a time; anyone may read.</summary>
internal sealed class ConnectionByteCounter(ByteMeter meter) : IDisposable
{
    private long _up;
    private long _down;

    public ByteCount Count => new(Volatile.Read(ref _up), Volatile.Read(ref _down));

    public void AddUp(int bytes) => Volatile.Write(ref _up, _up + bytes);

    public void AddDown(int bytes) => Volatile.Write(ref _down, _down + bytes);

    public void Dispose() => meter.CloseCounter(this);
}
