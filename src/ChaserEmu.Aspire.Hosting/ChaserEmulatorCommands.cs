using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using ChaserEmu.Client;
using Microsoft.Extensions.Diagnostics.HealthChecks;

// The input of a command is an experimental API of Aspire.
#pragma warning disable ASPIREINTERACTION001

namespace Aspire.Hosting;

/// <summary>The commands that the dashboard of Aspire shows for an emulator.</summary>
internal static class ChaserEmulatorCommands
{
    private const string MinutesName = "minutes";
    private const double DefaultMinutes = 30;

    public static IResourceBuilder<ChaserEmulatorResource> WithClockCommands(this IResourceBuilder<ChaserEmulatorResource> builder) => builder
        .WithEmulatorCommand("freeze", "Freeze clock", async (emulator, context) =>
            $"The clock is frozen at {Format((await emulator.Clock.FreezeAsync(context.CancellationToken).ConfigureAwait(false)).Now)}.",
            new CommandOptions { Description = "Stops the emulated clock. Only 'Advance clock' moves it then.", IconName = "Pause" })
        .WithEmulatorCommand("run", "Run clock", async (emulator, context) =>
            $"The clock runs from {Format((await emulator.Clock.RunAsync(cancellationToken: context.CancellationToken).ConfigureAwait(false)).Now)}.",
            new CommandOptions { Description = "Starts the emulated clock, from its current time, at the speed of real time.", IconName = "Play" })
        .WithEmulatorCommand("advance", "Advance clock", AdvanceAsync, new CommandOptions
        {
            Description = "Advances the emulated clock. TTLs and idle limits that expire on the way fire, in order.",
            IconName = "FastForward",
            IsHighlighted = true,
            Arguments =
            [
                new InteractionInput
                {
                    Name = MinutesName,
                    Label = "Minutes",
                    InputType = InputType.Number,
                    Required = true,
                    Value = DefaultMinutes.ToString(CultureInfo.InvariantCulture),
                },
            ],
        });

    public static IResourceBuilder<ChaserEmulatorResource> WithResetCommand(this IResourceBuilder<ChaserEmulatorResource> builder) => builder
        .WithEmulatorCommand("reset", "Reset", async (emulator, context) =>
        {
            var outcome = await emulator.ResetAsync(context.CancellationToken).ConfigureAwait(false);
            return $"The emulator is reset. Sessions ended or deleted: {outcome.Sessions}.";
        }, new CommandOptions
        {
            Description = "Ends all sessions, deletes all state and fault rules, and resets the clock.",
            ConfirmationMessage = "End all sessions, delete all state and fault rules, and reset the clock?",
            IconName = "ArrowReset",
        });

    private static async Task<string> AdvanceAsync(ChaserEmulatorClient emulator, ExecuteCommandContext context)
    {
        var minutes = context.Arguments?.GetDouble(MinutesName) ?? DefaultMinutes;
        var move = await emulator.Clock.AdvanceAsync(TimeSpan.FromMinutes(minutes), context.CancellationToken).ConfigureAwait(false);
        return $"The clock is at {Format(move.Now)}. Sessions that became ready or ended: {move.Transitions.Count}.";
    }

    private static IResourceBuilder<ChaserEmulatorResource> WithEmulatorCommand(
        this IResourceBuilder<ChaserEmulatorResource> builder, string name, string displayName, Func<ChaserEmulatorClient, ExecuteCommandContext, Task<string>> execute, CommandOptions options)
    {
        options.UpdateState = context => context.ResourceSnapshot.HealthStatus is HealthStatus.Healthy ? ResourceCommandState.Enabled : ResourceCommandState.Disabled;
        return builder.WithCommand(name, displayName, context => ExecuteAsync(builder.Resource, context, execute), options);
    }

    private static async Task<ExecuteCommandResult> ExecuteAsync(
        ChaserEmulatorResource resource, ExecuteCommandContext context, Func<ChaserEmulatorClient, ExecuteCommandContext, Task<string>> execute)
    {
        try
        {
            using var emulator = await resource.CreateClientAsync(context.CancellationToken).ConfigureAwait(false);
            return CommandResults.Success(await execute(emulator, context).ConfigureAwait(false));
        }
        catch (ChaserEmulatorException exception)
        {
            return CommandResults.Failure(exception);
        }
    }

    private static string Format(DateTimeOffset time) => time.ToString("u", CultureInfo.InvariantCulture);
}
