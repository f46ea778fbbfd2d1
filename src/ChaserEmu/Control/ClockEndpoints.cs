using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;
using ChaserEmu.Time;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/clock</c>: read, set and advance emulated time.</summary>
internal static class ClockEndpoints
{
    private static readonly TimeSpan MaxAdvance = TimeSpan.FromDays(3660);

    public static void MapClock(this RouteGroupBuilder control)
    {
        var clock = control.MapGroup("/clock").WithTags("Clock");
        clock.MapGet("", Get)
            .WithName("getClock")
            .WithSummary("Read the clock")
            .WithDescription("Returns the emulated time, the rate of the clock and whether it is frozen.")
            .Produces<ClockReading>();
        clock.MapPut("", PutAsync)
            .WithName("updateClock")
            .WithSummary("Set the clock")
            .WithDescription("Sets the time, the rate, or whether the clock is frozen. A later time is reached as by an advance. The clock never goes back.")
            .AcceptsJson<UpdateClockRequest>(required: true)
            .Produces<ClockUpdate>()
            .WithProblem(400, "now is 2026-06-13T11:00:00.000000Z, before the current time 2026-06-13T11:49:20.651182Z: the clock never goes back. Reset or restart the emulator for an earlier time.");
        clock.MapPost("/advance", AdvanceAsync)
            .WithName("advanceClock")
            .WithSummary("Advance the clock")
            .WithDescription("Advances the clock. Timers that expire on the way fire in order, each at its own timestamp. The call returns when all of them have completed.")
            .AcceptsJson<AdvanceClockRequest>(required: true)
            .Produces<ClockMove>()
            .WithProblem(400, "seconds must be 0 or more: the clock never goes back.");
    }

    private static IResult Get(EmulatedClock clock) => ControlJson.ToResult(clock.Read());

    private static async Task<IResult> PutAsync(HttpContext context, EmulatedClock clock, SessionSupervisor supervisor)
    {
        var (change, problem) = await context.Request.ReadAsync(ClockJson.Default.UpdateClockRequest);
        if (change is null) return problem!;
        if (change.Rate is { } rate && !EmulatedClock.IsValidRate(rate)) return ControlRequestReader.Problem($"rate must be {EmulatedClock.RateRangeText}; to stop time, set \"frozen\": true.");

        var present = clock.GetUtcNow();
        if (change.Now < present)
            return ControlRequestReader.Problem($"now is {change.Now.Value.ToWire()}, before the current time {present.ToWire()}: the clock never goes back. Reset or restart the emulator for an earlier time.");
        if (ValidateAdvance(present, change.Now - present) is { } tooFar) return tooFar;

        // Freeze before advancing, so that the clock stops at exactly the requested time.
        clock.Configure(change.Rate, change.Frozen);
        IReadOnlyList<SessionTransition> transitions = [];
        if (change.Now is { } now) transitions = await supervisor.AdvanceAsync(now.TruncateToMicroseconds(), context.RequestAborted);
        var reading = clock.Read();
        return ControlJson.ToResult(new ClockUpdate(reading.Now, reading.Rate, reading.Frozen, transitions));
    }

    private static async Task<IResult> AdvanceAsync(HttpContext context, EmulatedClock clock, SessionSupervisor supervisor)
    {
        var (advance, problem) = await context.Request.ReadAsync(ClockJson.Default.AdvanceClockRequest);
        if (advance is null) return problem!;
        if (advance.Seconds < 0) return ControlRequestReader.Problem("seconds must be 0 or more: the clock never goes back.");

        // Round to microseconds: a decimal fraction of seconds can be slightly too small as a binary number.
        var by = advance.Seconds <= MaxAdvance.TotalSeconds ? TimeSpan.FromMicroseconds(Math.Round(advance.Seconds * 1e6)) : TimeSpan.MaxValue;
        if (ValidateAdvance(clock.GetUtcNow(), by) is { } tooFar) return tooFar;

        var transitions = await supervisor.AdvanceAsync(by, context.RequestAborted);
        return ControlJson.ToResult(new ClockMove(clock.GetUtcNow(), transitions));
    }

    private static IResult? ValidateAdvance(DateTimeOffset present, TimeSpan? by) =>
        by > MaxAdvance ? ControlRequestReader.Problem($"The clock can move by at most {MaxAdvance.TotalSeconds} seconds (ten years) at once.")
        : by > EmulatedClock.MaxTime - present ? ControlRequestReader.Problem($"Emulated time ends at {EmulatedClock.MaxTime.ToWire()}.")
        : null;
}
