namespace ChaserEmu.Accounts;

/// <summary>So many a minute, in a sliding window of emulated time. (System.Threading.RateLimiting knows real time only.)</summary>
internal sealed class SlidingWindowLimiter(int limit)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Queue<DateTimeOffset> _taken = new();

    /// <summary>Null when there is room; else how long until there is. Takes nothing.</summary>
    public TimeSpan? GetRetryAfter(DateTimeOffset now)
    {
        while (_taken.TryPeek(out var oldest) && oldest + Window <= now) _taken.Dequeue();
        return limit > 0 && _taken.Count >= limit ? _taken.Peek() + Window - now : null;
    }

    public void Clear() => _taken.Clear();

    /// <summary>Takes one, after <see cref="GetRetryAfter"/> found room.</summary>
    public void Acquire(DateTimeOffset now)
    {
        if (limit > 0) _taken.Enqueue(now);
    }
}
