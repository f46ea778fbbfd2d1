using ChaserEmu.Time;

namespace ChaserEmu.Tests.Time;

public sealed class EmulatedClockTests
{
    private readonly ManualTimeProvider _real = new();
    private readonly DateTimeOffset _start;
    private readonly EmulatedClock _clock;

    public EmulatedClockTests() => (_start, _clock) = (_real.WallClock, new EmulatedClock(_real));

    private double Elapsed => (_clock.GetUtcNow() - _start).TotalSeconds;

    [Fact]
    public void It_starts_as_real_time_and_runs_with_it()
    {
        Assert.Equal(_start, _clock.GetUtcNow());
        _real.Advance(1.5);
        Assert.Equal(1.5, Elapsed);
    }

    [Fact]
    public void A_change_of_the_host_clock_does_not_move_it()
    {
        _real.Advance(1);
        _real.WallClock = _start.AddYears(-1);
        Assert.Equal(1, Elapsed);
        _real.WallClock = _start.AddYears(1);
        Assert.Equal(1, Elapsed);
    }

    [Fact]
    public void A_new_rate_applies_from_its_change()
    {
        _real.Advance(10);
        _clock.Configure(rate: 60);
        Assert.Equal(10, Elapsed);
        _real.Advance(1);
        Assert.Equal(70, Elapsed);
        _clock.Configure(rate: 0.5);
        _real.Advance(2);
        Assert.Equal(71, Elapsed);
    }

    [Fact]
    public void It_stops_while_frozen_and_then_continues_at_its_rate()
    {
        _clock.Configure(rate: 2, frozen: true);
        _real.Advance(100);
        Assert.Equal(0, Elapsed);
        Assert.Equal(new ClockReading(_start, 2, true), _clock.Read());
        _clock.Configure(frozen: false);
        _real.Advance(1);
        Assert.Equal(2, Elapsed);
    }

    [Fact]
    public void While_held_it_moves_only_by_steps_and_never_back()
    {
        _real.Advance(1);
        Assert.Equal(_start.AddSeconds(1), _clock.BeginAdvance());
        _real.Advance(100);
        _clock.StepTo(_start.AddSeconds(5));
        _clock.StepTo(_start.AddSeconds(3));
        Assert.Equal(5, Elapsed);
        _clock.EndAdvance();
        _real.Advance(1);
        Assert.Equal(6, Elapsed);
    }

    [Fact]
    public void The_time_is_truncated_to_microseconds()
    {
        _clock.BeginAdvance();
        _clock.StepTo(_start.AddTicks(19));
        Assert.Equal(_start.AddTicks(10), _clock.GetUtcNow());
    }

    [Fact]
    public void Waits_are_converted_to_real_time()
    {
        var due = _start.AddSeconds(60);
        Assert.Equal(TimeSpan.FromSeconds(60), _clock.GetRealTimeUntil(due));
        _clock.Configure(rate: 120);
        Assert.Equal(TimeSpan.FromSeconds(0.5), _clock.GetRealTimeUntil(due));
        Assert.Equal(TimeSpan.Zero, _clock.GetRealTimeUntil(_start));
        _clock.Configure(frozen: true);
        Assert.Null(_clock.GetRealTimeUntil(due));
        Assert.Equal(TimeSpan.Zero, _clock.GetRealTimeUntil(_start));
    }

    [Fact]
    public void The_slowest_rate_makes_the_longest_wait_and_the_fastest_reaches_the_end_of_time()
    {
        _clock.Configure(rate: double.Epsilon);
        Assert.Equal(TimeSpan.MaxValue, _clock.GetRealTimeUntil(_start.AddSeconds(1)));
        _clock.Configure(rate: EmulatedClock.MaxRate);
        _real.Advance(TimeSpan.FromDays(3660).TotalSeconds);
        Assert.Equal(EmulatedClock.MaxTime, _clock.GetUtcNow());
        Assert.Null(_clock.GetRealTimeUntil(EmulatedClock.MaxTime.AddSeconds(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_000_000.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Invalid_rates_throw(double rate) => Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Configure(rate));

    [Fact]
    public void Every_change_raises_Changed()
    {
        var changes = 0;
        _clock.Changed += () => changes++;
        _clock.Configure(rate: 2);
        _clock.BeginAdvance();
        _clock.EndAdvance();

        Assert.Equal(2, changes);
    }
}
