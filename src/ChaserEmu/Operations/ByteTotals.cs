using System.Diagnostics.Metrics;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;

namespace ChaserEmu.Operations;

/// <summary>Byte totals of all sessions, open and ended. Totals never decrease: each read adds the difference since the last read of a session.</summary>
internal sealed class ByteTotals
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionId, (ByteCount Cdp, ByteCount Egress)> _lastRead = [];
    private ByteCount _cdp;
    private ByteCount _egress;

    /// <summary>Adds the remaining bytes of a session that has ended, and stops tracking it.</summary>
    public void Finish(Session record)
    {
        lock (_lock)
        {
            AddDifference(record);
            _lastRead.Remove(record.Id);
        }
    }

    /// <summary>Returns the totals by meter and direction.</summary>
    public Measurement<long>[] Read(IEnumerable<LiveSession> live)
    {
        lock (_lock)
        {
            foreach (var session in live)
            {
                // Finish adds an ending session and forgets its last read. A read after that would add all of its bytes again.
                if (!session.EndRequested.IsCompleted) AddDifference(session.Current);
            }

            return [CreateMeasurement("cdp", "up", _cdp.Up), CreateMeasurement("cdp", "down", _cdp.Down), CreateMeasurement("egress", "up", _egress.Up), CreateMeasurement("egress", "down", _egress.Down)];
        }
    }

    private void AddDifference(Session record)
    {
        var (cdp, egress) = _lastRead.GetValueOrDefault(record.Id);
        _cdp += new ByteCount(record.CdpBytes.Up - cdp.Up, record.CdpBytes.Down - cdp.Down);
        _egress += new ByteCount(record.EgressBytes.Up - egress.Up, record.EgressBytes.Down - egress.Down);
        _lastRead[record.Id] = (record.CdpBytes, record.EgressBytes);
    }

    private static Measurement<long> CreateMeasurement(string meter, string direction, long bytes) =>
        new(bytes, new KeyValuePair<string, object?>("meter", meter), new KeyValuePair<string, object?>("direction", direction));
}
