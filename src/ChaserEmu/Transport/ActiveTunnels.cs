namespace ChaserEmu.Transport;

/// <summary>Counts the tunnels whose clients sent commands in the last few milliseconds.</summary>
internal sealed class ActiveTunnels
{
    /// <summary>The length of an interval in real time. Tunnels count as active together within one or two intervals.</summary>
    private const int IntervalMilliseconds = 8;

    private readonly Lock _lock = new();
    private long _currentInterval;
    private int _activeNow;
    private int _activeBefore;

    /// <summary>Gets whether at most one tunnel is active. Call it for a tunnel that has just been marked.</summary>
    public bool HasOnlyOne => Math.Max(_activeNow, _activeBefore) <= 1;

    /// <summary>Counts a tunnel as active, once per interval.</summary>
    /// <param name="lastActive">The interval in which the tunnel was last counted. The tunnel stores it.</param>
    public void MarkActive(ref long lastActive)
    {
        var interval = Environment.TickCount64 / IntervalMilliseconds;
        if (lastActive == interval) return;
        lastActive = interval;
        lock (_lock)
        {
            if (interval != _currentInterval) (_activeBefore, _activeNow, _currentInterval) = (interval == _currentInterval + 1 ? _activeNow : 0, 0, interval);
            _activeNow++;
        }
    }
}
