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

    public static void MapAudit(this RouteGroupBuilder dashboard) => dashboard.MapGet("/audit/stream", Stream)
        .WithTags("Audit")
        .WithName("streamAudit")
        .WithSummary("Follow what is done in the workspace")
        .WithDescription("Server-sent events, each with the JSON of an `AuditEntry`. With `Last-Event-ID` it goes on after that event; `0` is from the beginning. Without it, only new events come.")
        .Produces<AuditEntry>(StatusCodes.Status200OK, "text/event-stream")
        .ProducesErrors(BadLastId, ApiError.Unauthorized);

    private static IResult Stream(HttpContext context, AuditLog audit, IHostApplicationLifetime lifetime)
    {
        long? after = null;
        if (context.Request.Headers.TryGetValue("Last-Event-ID", out var header))
        {
            if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return new ApiErrorResult(BadLastId);
            after = id;
        }

        var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        context.Response.RegisterForDispose(stopping);
        return TypedResults.ServerSentEvents(ToEvents(audit.FollowAsync(context.Account().Workspace, after, stopping.Token), stopping.Token));
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
