using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary>Something that was done in the workspace.</summary>
/// <param name="At">When.</param>
/// <param name="Action"><c>session.created</c>, <c>session.ready</c>, <c>session.ended</c>, <c>key.created</c>, <c>key.revoked</c>, <c>key.rotated</c>, <c>billing.credited</c>.</param>
/// <param name="Subject">The id of the session or key; null for billing.</param>
/// <param name="Detail">The <c>ended_reason</c> (or <c>error</c>), the key's name, the new key's id, the amount in millionths of a US dollar; else null.</param>
internal sealed record AuditEntry(DateTimeOffset At, string Action, string? Subject, string? Detail);

/// <summary><c>GET /v1/audit/stream</c>, for the dashboard's user.</summary>
internal static class AuditEndpoints
{
    private static readonly ApiError BadLastId = ApiError.InvalidRequest("Last-Event-ID must be the id of an earlier event, or 0 for all.");

    public static void MapAudit(this RouteGroupBuilder dashboard) => dashboard.MapGet("/audit/stream", StreamAsync)
        .WithTags("Audit")
        .WithName("streamAudit")
        .WithSummary("Follow what is done in the workspace")
        .WithDescription(
            "Server-sent events. The `data` of each is JSON with `at`, `action`, `subject` (the id of a session or key, or null) and `detail` "
            + "(the `ended_reason` or `error`, a key's name, the new key's id, an amount in millionths of a US dollar, or null); its `event` is the action: "
            + "`session.created`, `session.ready`, `session.ended`, `key.created`, `key.revoked`, `key.rotated` or `billing.credited`. "
            + "With `Last-Event-ID` it goes on after that event. Without it, only new events come.")
        .WithLastEventId()
        .Produces<Stream>(StatusCodes.Status200OK, "text/event-stream")
        .ProducesErrors(BadLastId, ApiError.Unauthorized);

    private static async Task<IResult> StreamAsync(HttpContext context, AuditLog audit, IHostApplicationLifetime lifetime)
    {
        long after;
        if (!context.Request.Headers.TryGetValue("Last-Event-ID", out var header)) after = audit.GetNewestId();
        else if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out after) || after > audit.GetNewestId()) return new ApiErrorResult(BadLastId);

        // Told at once that it follows, not with the first event (as TypedResults.ServerSentEvents does): from here on a client misses nothing.
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-cache,no-store";
        await context.Response.Body.FlushAsync(context.RequestAborted);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var events = audit.FollowAsync(context.GetAccount().Workspace, after, stopping.Token);
        await SseFormatter.WriteAsync(ToEvents(events, stopping.Token), context.Response.Body, context.RequestAborted);
        return Results.Empty;
    }

    private static async IAsyncEnumerable<SseItem<string>> ToEvents(
        IAsyncEnumerable<AuditEvent> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var next in events.WithCancellation(cancellationToken))
        {
            var entry = new AuditEntry(next.At, next.Action, next.Subject, next.Detail);
            yield return new SseItem<string>(JsonSerializer.Serialize(entry, ApiJson.Default.AuditEntry), next.Action)
            {
                EventId = next.Id.ToString(CultureInfo.InvariantCulture),
            };
        }
    }
}
