using ChaserEmu.Domain;

namespace ChaserEmu.Simulation;

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
    public const double MaximumRate = 1_000_000;

    private readonly Lock _gate = new();
    private readonly TimeProvider _real;
    private DateTimeOffset _anchor;
    private long _anchorStamp;
    private double _rate;
    private bool _frozen;
    private bool _held;

    public EmulatedClock(TimeProvider real, double rate = 1)
    {
        _real = real;
        _anchor = real.GetUtcNow().ToMicroseconds();
        _anchorStamp = real.GetTimestamp();
        _rate = rate;
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

    /// <summary>How long to wait in real time until it is <paramref name="due"/>, if nothing changes the clock; null when it stands still.</summary>
    public TimeSpan? RealTimeUntil(DateTimeOffset due)
    {
        lock (_gate)
        {
            var wait = due - Now();
            if (wait <= TimeSpan.Zero) return TimeSpan.Zero;
            return _frozen || _held ? null : wait / _rate;
        }
    }

    public void Run(double rate, bool frozen)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, MaximumRate);
        lock (_gate)
        {
            MoveTo(Now());
            (_rate, _frozen) = (rate, frozen);
        }

        Changed?.Invoke();
    }

    /// <summary>Stops time while what falls due is worked off; only <see cref="Step"/> moves it until <see cref="Release"/>.</summary>
    public DateTimeOffset Hold()
    {
        lock (_gate)
        {
            MoveTo(Now());
            _held = true;
            return _anchor;
        }
    }

    /// <summary>Moves held time forward to <paramref name="to"/>; never back.</summary>
    public void Step(DateTimeOffset to)
    {
        lock (_gate)
        {
            if (to > _anchor) MoveTo(to);
        }
    }

    public void Release()
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

    private DateTimeOffset Now() =>
        _frozen || _held ? _anchor : (_anchor + _real.GetElapsedTime(_anchorStamp) * _rate).ToMicroseconds();

    private void MoveTo(DateTimeOffset now)
    {
        _anchor = now;
        _anchorStamp = _real.GetTimestamp();
    }
}
