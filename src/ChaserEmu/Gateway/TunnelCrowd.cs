namespace ChaserEmu.Gateway;

/// <summary>How many tunnels have had something to carry in the last few milliseconds.</summary>
internal sealed class TunnelCrowd
{
    /// <summary>In real time: what happens within such a span, or two, counts as happening at once.</summary>
    private const int SpanMilliseconds = 8;

    private readonly Lock _gate = new();
    private long _span;
    private int _seen;
    private int _seenBefore;

    /// <summary>Counts a tunnel as at work, and tells whether more of them are than the machine has cores.</summary>
    /// <param name="lastSeen">When it was counted last, which is kept with the tunnel.</param>
    public bool IsLarge(ref long lastSeen)
    {
        var now = Environment.TickCount64 / SpanMilliseconds;
        if (lastSeen != now) Count(lastSeen = now);
        return Math.Max(_seen, _seenBefore) > Environment.ProcessorCount;
    }

    private void Count(long now)
    {
        lock (_gate)
        {
            if (now != _span) (_seenBefore, _seen, _span) = (now == _span + 1 ? _seen : 0, 0, now);
            _seen++;
        }
    }
}
