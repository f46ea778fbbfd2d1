using ChaserEmu.Simulation;

namespace ChaserEmu.Tests.Simulation;

public sealed class EmulatedClockTests
{
    private readonly ManualTime _real = new();
    private readonly DateTimeOffset _start;
    private readonly EmulatedClock _clock;

    public EmulatedClockTests() => (_start, _clock) = (_real.WallClock, new EmulatedClock(_real));

    private double Elapsed => (_clock.GetUtcNow() - _start).TotalSeconds;

    [Fact]
    public void It_starts_as_real_time_and_runs_with_it()
    {
        Assert.Equal(_start, _clock.GetUtcNow());
        _real.Pass(1.5);
        Assert.Equal(1.5, Elapsed);
    }

    [Fact]
    public void A_hosts_clock_that_is_set_back_or_forth_does_not_move_it()
    {
        _real.Pass(1);
        _real.WallClock = _start.AddYears(-1);
        Assert.Equal(1, Elapsed);
        _real.WallClock = _start.AddYears(1);
        Assert.Equal(1, Elapsed);
    }

    [Fact]
    public void Another_rate_counts_from_its_change_on()
    {
        _real.Pass(10);
        _clock.Run(rate: 60);
        Assert.Equal(10, Elapsed);
        _real.Pass(1);
        Assert.Equal(70, Elapsed);
        _clock.Run(rate: 0.5);
        _real.Pass(2);
        Assert.Equal(71, Elapsed);
    }

    [Fact]
    public void Frozen_it_stands_and_thawed_it_goes_on_from_there_at_its_rate()
    {
        _clock.Run(rate: 2, frozen: true);
        _real.Pass(100);
        Assert.Equal(0, Elapsed);
        Assert.Equal(new ClockReading(_start, 2, true), _clock.Read());
        _clock.Run(frozen: false);
        _real.Pass(1);
        Assert.Equal(2, Elapsed);
    }

    [Fact]
    public void Held_it_moves_by_steps_alone_and_never_back()
    {
        _real.Pass(1);
        Assert.Equal(_start.AddSeconds(1), _clock.Hold());
        _real.Pass(100);
        _clock.Step(_start.AddSeconds(5));
        _clock.Step(_start.AddSeconds(3));
        Assert.Equal(5, Elapsed);
        _clock.Release();
        _real.Pass(1);
        Assert.Equal(6, Elapsed);
    }

    [Fact]
    public void It_shows_whole_microseconds_wherever_it_stands()
    {
        _clock.Hold();
        _clock.Step(_start.AddTicks(19));
        Assert.Equal(_start.AddTicks(10), _clock.GetUtcNow());
    }

    [Fact]
    public void Waits_are_told_in_real_time()
    {
        var due = _start.AddSeconds(60);
        Assert.Equal(TimeSpan.FromSeconds(60), _clock.RealTimeUntil(due));
        _clock.Run(rate: 120);
        Assert.Equal(TimeSpan.FromSeconds(0.5), _clock.RealTimeUntil(due));
        Assert.Equal(TimeSpan.Zero, _clock.RealTimeUntil(_start));
        _clock.Run(frozen: true);
        Assert.Null(_clock.RealTimeUntil(due));
        Assert.Equal(TimeSpan.Zero, _clock.RealTimeUntil(_start));
    }

    [Fact]
    public void The_slowest_rate_makes_the_longest_wait_and_the_fastest_reaches_the_end_of_time()
    {
        _clock.Run(rate: double.Epsilon);
        Assert.Equal(TimeSpan.MaxValue, _clock.RealTimeUntil(_start.AddSeconds(1)));
        _clock.Run(rate: EmulatedClock.MaximumRate);
        _real.Pass(TimeSpan.FromDays(3660).TotalSeconds);
        Assert.Equal(EmulatedClock.End, _clock.GetUtcNow());
        Assert.Null(_clock.RealTimeUntil(EmulatedClock.End.AddSeconds(1)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_000_000.1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Rates_that_cannot_be_are_refused(double rate) => Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Run(rate));

    [Fact]
    public void Whoever_waits_is_told_of_every_change()
    {
        var changes = 0;
        _clock.Changed += () => changes++;
        _clock.Run(rate: 2);
        _clock.Hold();
        _clock.Release();

        Assert.Equal(2, changes);
    }
}
