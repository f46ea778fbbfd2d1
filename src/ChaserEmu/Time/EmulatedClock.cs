using ChaserEmu.Domain;

namespace ChaserEmu.Time;

/// <summary>
/// The source of all time that the API shows. It runs at a rate relative to real time, or is frozen. Only <see cref="Reset"/> can set it
/// back; a change of the host's clock cannot. Waits for processes and sockets use <see cref="TimeProvider.System"/> instead.
/// </summary>
internal sealed class EmulatedClock : TimeProvider
{
    public const double MaxRate = 1_000_000;

    /// <summary>The valid rates, as the end of an error message.</summary>
    public static readonly string RateRangeText = $"above 0 and at most {MaxRate}";

    /// <summary>The latest emulated time, where the clock stops. A session's deadlines after it still fit into a <see cref="DateTimeOffset"/>.</summary>
    public static readonly DateTimeOffset MaxTime = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The valid times, as the end of an error message.</summary>
    public static readonly string TimeRangeText = $"emulated time ends at {MaxTime.ToWire()}";

    private readonly Lock _lock = new();
    private readonly TimeProvider _real;
    private readonly (DateTimeOffset? Now, double Rate, bool Frozen) _start;
    private DateTimeOffset _anchor;
    private long _anchorTimestamp;
    private double _rate;
    private bool _isFrozen;
    private bool _isHeld;

    /// <param name="real">The source of real time.</param>
    /// <param name="rate">Emulated seconds per real second.</param>
    /// <param name="now">The start time; null means the current real time.</param>
    /// <param name="frozen">Whether the clock starts frozen.</param>
    public EmulatedClock(TimeProvider real, double rate = 1, DateTimeOffset? now = null, bool frozen = false)
    {
        _real = real;
        _start = (now, rate, frozen);
        Reset();
    }

    /// <summary>Raised after the clock was reset, advanced, frozen, unfrozen or given another rate: recompute waits for a deadline.</summary>
    public event Action? Changed;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock) return Now();
    }

    public ClockReading Read()
    {
        lock (_lock) return new ClockReading(Now(), _rate, _isFrozen);
    }

    /// <summary>Returns whether the clock can be set to this time.</summary>
    public static bool IsValidTime(DateTimeOffset now) => now < MaxTime;

    public static bool IsValidRate(double rate) => rate is > 0 and <= MaxRate;

    /// <summary>Returns the real time until the emulated time <paramref name="due"/>; zero if it has passed, null if the clock stands still.</summary>
    public TimeSpan? GetRealTimeUntil(DateTimeOffset due)
    {
        lock (_lock)
        {
            var now = Now();
            if (due <= now) return TimeSpan.Zero;
            if (_isFrozen || _isHeld || now == MaxTime) return null;
            var ticks = (due - now).Ticks / _rate;
            return ticks < TimeSpan.MaxValue.Ticks ? TimeSpan.FromTicks((long)Math.Ceiling(ticks)) : TimeSpan.MaxValue;
        }
    }

    /// <summary>Sets the rate and freezes or unfreezes the clock from now on. Null keeps the current value.</summary>
    public void Configure(double? rate = null, bool? frozen = null)
    {
        if (rate is { } newRate && !IsValidRate(newRate)) throw new ArgumentOutOfRangeException(nameof(rate), rate, null);
        lock (_lock)
        {
            MoveTo(Now());
            (_rate, _isFrozen) = (rate ?? _rate, frozen ?? _isFrozen);
        }

        Changed?.Invoke();
    }

    /// <summary>Resets the clock to its start values, or to <paramref name="from"/>. Only this can set time back, so the caller must have deleted all state.</summary>
    public void Reset(ClockReading? from = null)
    {
        lock (_lock)
        {
            MoveTo((from?.Now ?? _start.Now ?? _real.GetUtcNow()).TruncateToMicroseconds());
            (_rate, _isFrozen) = (from?.Rate ?? _start.Rate, from?.Frozen ?? _start.Frozen);
        }

        Changed?.Invoke();
    }

    /// <summary>Holds the clock and returns its time. Until <see cref="EndAdvance"/> only <see cref="StepTo"/> moves it.</summary>
    public DateTimeOffset BeginAdvance()
    {
        lock (_lock)
        {
            MoveTo(Now());
            _isHeld = true;
            return _anchor;
        }
    }

    /// <summary>Moves the held clock forward to <paramref name="to"/>, at most to <see cref="MaxTime"/>. Earlier times are ignored.</summary>
    public void StepTo(DateTimeOffset to)
    {
        lock (_lock)
        {
            if (to > _anchor) MoveTo(to < MaxTime ? to.TruncateToMicroseconds() : MaxTime);
        }
    }

    /// <summary>Releases the clock after <see cref="BeginAdvance"/>.</summary>
    public void EndAdvance()
    {
        lock (_lock)
        {
            MoveTo(_anchor);
            _isHeld = false;
        }

        Changed?.Invoke();
    }

    /// <summary>Not supported. Deadlines are data that one supervisor handles; there are no timers in emulated time.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("The emulated clock has no timers. Register a deadline, or use TimeProvider.System to wait in real time.");

    private DateTimeOffset Now()
    {
        if (_isFrozen || _isHeld) return _anchor;
        var ticks = _real.GetElapsedTime(_anchorTimestamp).Ticks * _rate;
        return ticks < (MaxTime - _anchor).Ticks ? _anchor.AddTicks((long)ticks).TruncateToMicroseconds() : MaxTime;
    }

    private void MoveTo(DateTimeOffset now)
    {
        _anchor = now;
        _anchorTimestamp = _real.GetTimestamp();
    }
}
