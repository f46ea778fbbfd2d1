using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Time;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/clock</c>: read, set and advance emulated time.</summary>
internal static class ClockEndpoints
{
    private static readonly TimeSpan LongestAdvance = TimeSpan.FromDays(3660);

    public static void MapClock(this RouteGroupBuilder control)
    {
        var clock = control.MapGroup("/clock");
        clock.MapGet("", Get);
        clock.MapPut("", PutAsync);
        clock.MapPost("/advance", AdvanceAsync);
    }

    private static IResult Get(EmulatedClock clock) => Answer(clock);

    private static async Task<IResult> PutAsync(HttpContext context, EmulatedClock clock, SessionSupervisor supervisor)
    {
        var (change, problem) = await context.Request.ReadAsync(ControlJson.Default.ClockChange);
        if (change is null) return problem!;
        if (change.Rate is { } rate && !EmulatedClock.IsValidRate(rate)) return ControlRequestReader.Problem($"rate must be {EmulatedClock.RateRangeText}; to stop time, say \"frozen\": true.");

        var present = clock.GetUtcNow();
        if (change.Now < present)
            return ControlRequestReader.Problem($"now is {change.Now.Value.ToWire()}, before the present {present.ToWire()}: the clock never goes back. Reset or restart the emulator for an earlier time.");
        if (TooFar(present, change.Now - present) is { } tooFar) return tooFar;

        // Freezing comes first, so that the clock then stands at exactly the time asked for.
        clock.Configure(change.Rate, change.Frozen);
        IReadOnlyList<Transition> transitions = [];
        if (change.Now is { } now) transitions = await supervisor.AdvanceAsync(now.TruncateToMicroseconds(), context.RequestAborted);
        var reading = clock.Read();
        return TypedResults.Json(
            new ClockChanged(reading.Now, reading.Rate, reading.Frozen, [.. transitions.Select(TransitionResource.Of)]), ControlJson.Readable.ClockChanged);
    }

    private static async Task<IResult> AdvanceAsync(HttpContext context, EmulatedClock clock, SessionSupervisor supervisor)
    {
        var (advance, problem) = await context.Request.ReadAsync(ControlJson.Default.ClockAdvance);
        if (advance is null) return problem!;
        if (advance.Seconds < 0) return ControlRequestReader.Problem("seconds must be 0 or more: the clock never goes back.");

        // To the nearest microsecond: what a client reckons up to a certain moment may be a hair short of it in binary.
        var by = advance.Seconds <= LongestAdvance.TotalSeconds ? TimeSpan.FromMicroseconds(Math.Round(advance.Seconds * 1e6)) : TimeSpan.MaxValue;
        if (TooFar(clock.GetUtcNow(), by) is { } tooFar) return tooFar;

        var transitions = await supervisor.AdvanceAsync(by, context.RequestAborted);
        return TypedResults.Json(
            new ClockAdvanced(clock.GetUtcNow(), [.. transitions.Select(TransitionResource.Of)]), ControlJson.Readable.ClockAdvanced);
    }

    private static IResult Answer(EmulatedClock clock) => TypedResults.Json(ClockResource.Of(clock.Read()), ControlJson.Readable.ClockResource);

    private static IResult? TooFar(DateTimeOffset present, TimeSpan? by) =>
        by > LongestAdvance ? ControlRequestReader.Problem($"The clock can be moved by at most {LongestAdvance.TotalSeconds} seconds (ten years) at once.")
        : by > EmulatedClock.MaxTime - present ? ControlRequestReader.Problem($"Emulated time ends at {EmulatedClock.MaxTime.ToWire()}.")
        : null;
}
