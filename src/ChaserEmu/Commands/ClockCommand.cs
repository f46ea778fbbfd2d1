using System.CommandLine;
using System.Globalization;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu clock</c>: reads and moves the emulated clock.</summary>
internal static class ClockCommand
{
    public static Command Create() => new("clock", "Read and move the emulated clock") { CreateNow(), CreateFreeze(), CreateAdvance(), CreateSet(), CreateRun() };

    private static Command CreateNow() => EmulatorCommand.Create("now", "Print the emulated time", [], async context =>
    {
        var clock = await context.Emulator.Clock.GetAsync(context.CancellationToken);
        context.Output.Write(clock, () => context.Output.WriteLine(Describe(clock.Now, clock.Rate, clock.Frozen)));
    });

    private static Command CreateFreeze() => EmulatorCommand.Create("freeze", "Stop the clock. Only 'advance' and 'set' move it then", [], async context =>
        Write(context, await context.Emulator.Clock.FreezeAsync(context.CancellationToken)));

    private static Command CreateAdvance()
    {
        var by = new Argument<TimeSpan>("duration")
        {
            Description = $"How far: {DurationParser.Format}",
            CustomParser = result =>
            {
                var text = result.Tokens.Single().Value;
                if (!DurationParser.TryParse(text, out var duration)) result.AddError($"'{text}' is not a duration. Give {DurationParser.Format}.");
                return duration;
            },
        };
        return EmulatorCommand.Create("advance", "Advance the clock, and print what happened on the way", [by], async context =>
        {
            var move = await context.Emulator.Clock.AdvanceAsync(context.Parsed.GetValue(by), context.CancellationToken);
            context.Output.Write(move, () =>
            {
                context.Output.WriteLine(CommandOutput.Format(move.Now)!);
                WriteTransitions(context, move.Transitions);
            });
        });
    }

    private static Command CreateSet()
    {
        var now = new Argument<DateTimeOffset>("time") { Description = "The new time, such as 2027-01-01T00:00:00Z; not before the current one" };
        return EmulatorCommand.Create("set", "Set the clock to a later time, and print what happened on the way", [now], async context =>
            Write(context, await context.Emulator.Clock.SetAsync(context.Parsed.GetValue(now), context.CancellationToken)));
    }

    private static Command CreateRun()
    {
        var rate = new Argument<double>("rate") { Description = "Emulated seconds per real second, above 0 and at most 1,000,000", DefaultValueFactory = _ => 1 };
        return EmulatorCommand.Create("run", "Let the clock run, at the speed of real time or faster", [rate], async context =>
            Write(context, await context.Emulator.Clock.RunAsync(context.Parsed.GetValue(rate), context.CancellationToken)));
    }

    private static void Write(CommandContext context, ClockUpdate update) => context.Output.Write(update, () =>
    {
        context.Output.WriteLine(Describe(update.Now, update.Rate, update.Frozen));
        WriteTransitions(context, update.Transitions);
    });

    private static string Describe(DateTimeOffset now, double rate, bool isFrozen) => string.Create(
        CultureInfo.InvariantCulture, $"{CommandOutput.Format(now)} ({(isFrozen ? "frozen" : rate == 1 ? "running in real time" : $"running, {rate} emulated seconds per real second")})");

    private static void WriteTransitions(CommandContext context, IReadOnlyList<SessionTransition> transitions)
    {
        if (transitions.Count > 0)
            context.Output.WriteTable(["at", "session", "status", "reason"], transitions.Select(transition => new[] { CommandOutput.Format(transition.At), transition.SessionId, transition.Status.ToWire(), transition.EndedReason?.ToWire() }));
    }
}
