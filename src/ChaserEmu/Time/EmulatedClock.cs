using ChaserEmu.Domain;

namespace ChaserEmu.Time;

/// <summary>How the emulated clock stands.</summary>
/// <param name="Now">The emulated time.</param>
/// <param name="Rate">Emulated seconds a real second, while not frozen.</param>
/// <param name="Frozen">Whether time stands still but for what advances it.</param>
internal sealed record ClockReading(DateTimeOffset Now, double Rate, bool Frozen);

/// <summary>
/// All time that a user of the API can see: real time plus an offset, at a rate, or frozen. It never goes back,
/// not even when the host's clock does. Waits on real things (a process, a socket) use <see cref="TimeProvider.System"/> instead.
/// </summary>
internal sealed class EmulatedClock : TimeProvider
{
    public const double MaxRate = 1_000_000;

    /// <summary>In a sentence.</summary>
    public static readonly string RateRangeText = $"above 0 and at most {MaxRate}";

    /// <summary>Where time ends, and stands still for good: well before a date of .NET can overflow.</summary>
    public static readonly DateTimeOffset MaxTime = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>In a sentence.</summary>
    public static readonly string TimeRangeText = $"emulated time ends at {MaxTime.ToWire()}";

    private readonly Lock _gate = new();
    private readonly TimeProvider _real;
    private readonly (DateTimeOffset? Now, double Rate, bool Frozen) _start;
    private DateTimeOffset _anchor;
    private long _anchorStamp;
    private double _rate;
    private bool _frozen;
    private bool _held;

    /// <param name="real">Real time.</param>
    /// <param name="rate">Emulated seconds a real second.</param>
    /// <param name="now">When it begins; null is the real present.</param>
    /// <param name="frozen">Whether it begins standing still.</param>
    public EmulatedClock(TimeProvider real, double rate = 1, DateTimeOffset? now = null, bool frozen = false)
    {
        _real = real;
        _start = (now, rate, frozen);
        Reset();
    }

    /// <summary>Raised after the clock was set, frozen, thawed or given another rate: waits for a due time must be reckoned anew.</summary>
    public event Action? Changed;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate) return Now();
    }

    public ClockReading Read()
    {
        lock (_gate) return new ClockReading(Now(), _rate, _frozen);
    }

    /// <summary>Whether time can begin there, or get there.</summary>
    public static bool IsValidTime(DateTimeOffset now) => now < MaxTime;

    public static bool IsValidRate(double rate) => rate is > 0 and <= MaxRate;

    /// <summary>How long to wait in real time until it is <paramref name="due"/>, if nothing changes the clock; null when it stands still.</summary>
    public TimeSpan? GetRealTimeUntil(DateTimeOffset due)
    {
        lock (_gate)
        {
            var now = Now();
            if (due <= now) return TimeSpan.Zero;
            if (_frozen || _held || now == MaxTime) return null;
            var ticks = (due - now).Ticks / _rate;
            return ticks < TimeSpan.MaxValue.Ticks ? TimeSpan.FromTicks((long)Math.Ceiling(ticks)) : TimeSpan.MaxValue;
        }
    }

    /// <summary>Gives time another rate, freezes or thaws it, from now on; null leaves as it is.</summary>
    public void Configure(double? rate = null, bool? frozen = null)
    {
        if (rate is { } given && !IsValidRate(given)) throw new ArgumentOutOfRangeException(nameof(rate), rate, null);
        lock (_gate)
        {
            MoveTo(Now());
            (_rate, _frozen) = (rate ?? _rate, frozen ?? _frozen);
        }

        Changed?.Invoke();
    }

    /// <summary>Begins again as at the start, or from <paramref name="from"/> on: the one way for time to go back, for who has just forgotten all that happened.</summary>
    public void Reset(ClockReading? from = null)
    {
        lock (_gate)
        {
            MoveTo((from?.Now ?? _start.Now ?? _real.GetUtcNow()).TruncateToMicroseconds());
            (_rate, _frozen) = (from?.Rate ?? _start.Rate, from?.Frozen ?? _start.Frozen);
        }

        Changed?.Invoke();
    }

    /// <summary>Stops time while what falls due is worked off; only <see cref="StepTo"/> moves it until <see cref="EndAdvance"/>.</summary>
    public DateTimeOffset BeginAdvance()
    {
        lock (_gate)
        {
            MoveTo(Now());
            _held = true;
            return _anchor;
        }
    }

    /// <summary>Moves held time forward to <paramref name="to"/>; never back, and never beyond its end.</summary>
    public void StepTo(DateTimeOffset to)
    {
        lock (_gate)
        {
            if (to > _anchor) MoveTo(to < MaxTime ? to.TruncateToMicroseconds() : MaxTime);
        }
    }

    public void EndAdvance()
    {
        lock (_gate)
        {
            MoveTo(_anchor);
            _held = false;
        }

        Changed?.Invoke();
    }

    /// <summary>Nothing in the emulator may keep a timer of its own: deadlines are data, and one supervisor serves them.</summary>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("Emulated time has no timers: register a deadline, or wait on TimeProvider.System.");

    private DateTimeOffset Now()
    {
        if (_frozen || _held) return _anchor;
        var ticks = _real.GetElapsedTime(_anchorStamp).Ticks * _rate;
        return ticks < (MaxTime - _anchor).Ticks ? _anchor.AddTicks((long)ticks).TruncateToMicroseconds() : MaxTime;
    }

    private void MoveTo(DateTimeOffset now)
    {
        _anchor = now;
        _anchorStamp = _real.GetTimestamp();
    }
}
