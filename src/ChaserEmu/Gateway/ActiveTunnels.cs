namespace ChaserEmu.Gateway;

/// <summary>How many tunnels have carried a client's word in the last few milliseconds.</summary>
internal sealed class ActiveTunnels
{
    /// <summary>In real time: what happens within such a span, or two, counts as happening at once.</summary>
    private const int SpanMilliseconds = 8;

    private readonly Lock _gate = new();
    private long _span;
    private int _seen;
    private int _seenBefore;

    /// <summary>For a tunnel that has just been counted: whether no other has.</summary>
    public bool HasOnlyOne => Math.Max(_seen, _seenBefore) <= 1;

    /// <summary>Counts a tunnel as at work.</summary>
    /// <param name="lastSeen">When it was counted last, which is kept with the tunnel.</param>
    public void MarkActive(ref long lastSeen)
    {
        var now = Environment.TickCount64 / SpanMilliseconds;
        if (lastSeen == now) return;
        lastSeen = now;
        lock (_gate)
        {
            if (now != _span) (_seenBefore, _seen, _span) = (now == _span + 1 ? _seen : 0, 0, now);
            _seen++;
        }
    }
}
