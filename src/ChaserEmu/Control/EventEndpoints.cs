using System.ComponentModel;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ChaserEmu.Events;
using ChaserEmu.Http;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Mvc;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/events</c>: streams what happens in the emulator.</summary>
internal static class EventEndpoints
{
    private const string IdHeader = "Last-Event-ID";
    private const string IdParameter = "last_event_id";
    private const string InvalidId = $"{IdHeader} and {IdParameter} must be the id of an earlier event, or 0 for all buffered events.";

    public static void MapEvents(this RouteGroupBuilder control) => control.MapGet("/events", StreamAsync)
        .WithTags("Events")
        .WithName("streamEvents")
        .WithSummary("Stream events")
        .WithDescription(
            """
            Streams what happens in all workspaces as server-sent events. The `event` field is the `type` of the event. The `data` field is a JSON object with one of the schemas of `EmulatorEvent`.

            - `session`: a session was created, became ready or ended.
            - `bytes`: the byte counts of an open session changed. Sent at most once a second.
            - `cdp_connection`: a CDP connection was opened or closed.
            - `call`: an API call was answered.
            - `fault`: a fault rule fired.
            - `egress`: a connection of a page failed.
            - `clock`: the clock was set, advanced, frozen, unfrozen or reset, or got another rate.
            - `reset`: a workspace or everything was reset, or a state was imported.
            - `evicted`: events before the next one are no longer buffered.

            Send `Last-Event-ID` to resume after that event. Without it, the stream contains only new events. A comment line every 15 seconds keeps idle connections open.
            """)
        .WithQueryParameters(new QueryParameter(IdParameter, $"The same as `{IdHeader}`, for clients that cannot send the header. The header takes precedence.") { Minimum = 0 })
        .Produces<EmulatorEvent>(StatusCodes.Status200OK, "text/event-stream")
        .WithProblem(400, InvalidId);

    private static async Task<IResult> StreamAsync(
        HttpContext context,
        EventFeed feed,
        EmulatedClock clock,
        IHostApplicationLifetime lifetime,
        [FromHeader(Name = IdHeader), Description("The `id` of the last received event, or 0 for all buffered events. An `EventSource` sends it automatically when it reconnects.")] string? header = null)
    {
        var after = feed.Newest;
        if ((header ?? (string?)context.Request.Query[IdParameter]) is { } text && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out after)) return ControlRequestReader.Problem(InvalidId);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await EventStream.WriteAsync(context, ToItems(feed.FollowAsync(after, stopping.Token), clock, stopping.Token));
        return Results.Empty;
    }

    private static async IAsyncEnumerable<SseItem<string>> ToItems(IAsyncEnumerable<FollowedEvent> events, EmulatedClock clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var (id, published) in events.WithCancellation(cancellationToken))
        {
            var next = published ?? new EvictedEvent { At = clock.GetUtcNow(), RealAt = TimeProvider.System.GetUtcNow() };
            yield return new SseItem<string>(JsonSerializer.Serialize(next, ControlJson.GetTypeInfo<EmulatorEvent>()), next.Kind) { EventId = id.ToString(CultureInfo.InvariantCulture) };
        }
    }
}
