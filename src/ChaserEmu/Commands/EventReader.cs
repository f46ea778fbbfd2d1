using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ChaserEmu.Client;
using ChaserEmu.Control;

namespace ChaserEmu.Commands;

/// <summary>Reads the events of a running emulator.</summary>
internal static class EventReader
{
    /// <summary>Returns the events from now on, until the command is interrupted or the emulator stops.</summary>
    public static async IAsyncEnumerable<EmulatorEvent> ReadAsync(CommandContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Reports a wrong address or token as other commands do.
        await context.Emulator.Clock.GetAsync(cancellationToken);
        using var http = context.Emulator.CreateClient(context.Token);
        http.Timeout = Timeout.InfiniteTimeSpan;
        using var stream = await http.GetStreamAsync(new Uri("/_emu/events", UriKind.Relative), cancellationToken);
        await using var events = SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await HasNextAsync(events)) yield return JsonSerializer.Deserialize(events.Current.Data, ControlJson.GetTypeInfo<EmulatorEvent>())!;
    }

    private static async Task<bool> HasNextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (HttpIOException exception)
        {
            throw new CommandException($"The emulator closed the connection: {exception.Message}");
        }
    }
}
