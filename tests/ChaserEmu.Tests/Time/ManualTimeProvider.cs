namespace ChaserEmu.Tests.Time;

/// <summary>A time provider that only <see cref="Advance"/> moves. Its wall clock is set separately.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private long _ticks;

    public DateTimeOffset WallClock { get; set; } = new(2026, 6, 13, 11, 49, 20, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public void Advance(double seconds) => _ticks += TimeSpan.FromSeconds(seconds).Ticks;

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => WallClock;
}
