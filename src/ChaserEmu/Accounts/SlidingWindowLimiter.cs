namespace ChaserEmu.Accounts;

/// <summary>Limits permits per sliding minute of emulated time. System.Threading.RateLimiting supports real time only. Not thread-safe.</summary>
internal sealed class SlidingWindowLimiter(int limit)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Queue<DateTimeOffset> _acquired = new();

    /// <summary>Returns the time until a permit is available, or null if one is available now. Does not acquire it.</summary>
    public TimeSpan? GetRetryAfter(DateTimeOffset now)
    {
        while (_acquired.TryPeek(out var oldest) && oldest + Window <= now) _acquired.Dequeue();
        return limit > 0 && _acquired.Count >= limit ? _acquired.Peek() + Window - now : null;
    }

    public void Clear() => _acquired.Clear();

    /// <summary>Acquires a permit. Call only after <see cref="GetRetryAfter"/> returned null.</summary>
    public void Acquire(DateTimeOffset now)
    {
        if (limit > 0) _acquired.Enqueue(now);
    }
}
