using System.Diagnostics.Metrics;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;

namespace ChaserEmu.Operations;

/// <summary>The bytes of all sessions there were and are. A total never falls, whatever ends while it is read: each session adds what it has more than when it was last seen.</summary>
internal sealed class ByteTotals
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, (ByteCount Cdp, ByteCount Egress)> _seen = [];
    private ByteCount _cdp;
    private ByteCount _egress;

    /// <summary>Adds the rest of a session that has ended, and forgets it.</summary>
    public void Finish(Session record)
    {
        lock (_gate)
        {
            See(record);
            _seen.Remove(record.Id);
        }
    }

    public Measurement<long>[] Read(IEnumerable<LiveSession> live)
    {
        lock (_gate)
        {
            foreach (var session in live)
            {
                // One that is ending is added when it has ended, once.
                if (!session.EndRequested.IsCompleted) See(session.Current);
            }

            return [Of("cdp", "up", _cdp.Up), Of("cdp", "down", _cdp.Down), Of("egress", "up", _egress.Up), Of("egress", "down", _egress.Down)];
        }
    }

    private void See(Session record)
    {
        var (cdp, egress) = _seen.GetValueOrDefault(record.Id);
        _cdp += new ByteCount(record.CdpBytes.Up - cdp.Up, record.CdpBytes.Down - cdp.Down);
        _egress += new ByteCount(record.EgressBytes.Up - egress.Up, record.EgressBytes.Down - egress.Down);
        _seen[record.Id] = (record.CdpBytes, record.EgressBytes);
    }

    private static Measurement<long> Of(string meter, string direction, long bytes) =>
        new(bytes, new KeyValuePair<string, object?>("meter", meter), new KeyValuePair<string, object?>("direction", direction));
}
