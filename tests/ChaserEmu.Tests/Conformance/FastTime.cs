namespace ChaserEmu.Tests.Conformance;

/// <summary>A clock that is faster than real time by a factor, as an emulated clock with <c>Clock:Rate</c> is.</summary>
internal sealed class FastTime(int rate) : TimeProvider
{
    private readonly DateTimeOffset _start = System.GetUtcNow();

    public override DateTimeOffset GetUtcNow() => _start + (System.GetUtcNow() - _start) * rate;

    public override long GetTimestamp() => System.GetTimestamp() * rate;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => System.CreateTimer(callback, state, ToReal(dueTime), ToReal(period));

    private TimeSpan ToReal(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? time : time / rate;
}
