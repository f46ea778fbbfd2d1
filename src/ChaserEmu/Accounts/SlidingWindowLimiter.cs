namespace ChaserEmu.Accounts;

/// <summary>Limits permits per sliding minute of emulated time. System.Threading.RateLimiting supports real time only. Not thread-safe.</summary>
internal sealed class SlidingWindowLimiter(int limit)
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    private readonly Queue<DateTimeOffset> _acquired = new();

    /// <summary>Gets or sets the maximum number of permits per minute; 0 means unlimited. Acquisitions while it is unlimited are not counted.</summary>
    public int Limit { get; set; } = limit;

    /// <summary>Returns the time until a permit is available, or null if one is available now. Does not acquire it.</summary>
    public TimeSpan? GetRetryAfter(DateTimeOffset now)
    {
        while (_acquired.TryPeek(out var oldest) && oldest + Window <= now) _acquired.Dequeue();
        return Limit > 0 && _acquired.Count >= Limit ? _acquired.ElementAt(_acquired.Count - Limit) + Window - now : null;
    }

    public void Clear() => _acquired.Clear();

    /// <summary>Acquires a permit. Call only after <see cref="GetRetryAfter"/> returned null.</summary>
    public void Acquire(DateTimeOffset now)
    {
        if (Limit > 0) _acquired.Enqueue(now);
    }
}
