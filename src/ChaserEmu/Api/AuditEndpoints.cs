using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary><c>GET /v1/audit/stream</c>, for dashboard users.</summary>
internal static class AuditEndpoints
{
    private static readonly ApiError BadLastId = ApiError.InvalidRequest("Last-Event-ID must be the id of an earlier event, or 0 for all.");

    public static void MapAudit(this RouteGroupBuilder dashboard) => dashboard.MapGet("/audit/stream", StreamAsync)
        .WithTags("Audit")
        .WithName("streamAudit")
        .WithSummary("Stream the audit log")
        .WithDescription(
            """
            Streams the actions in the workspace as server-sent events. The `event` field is the action. The `data` field is a JSON object with `at`, `action`, `subject` and `detail`.

            - `session.created`, `session.ready`: `subject` is the session id, `detail` is null.
            - `session.ended`: `subject` is the session id, `detail` is the `ended_reason` or `error`.
            - `key.created`, `key.revoked`: `subject` is the key id, `detail` is the name of the key.
            - `key.rotated`: `subject` is the key id, `detail` is the id of the new key.
            - `billing.credited`: `subject` is null, `detail` is the amount in millionths of a US dollar.

            Send `Last-Event-ID` to resume after that event. Without it, the stream contains only new events. A comment line every 15 seconds keeps idle connections open.
            """)
        .WithLastEventId()
        .ProducesEvents<AuditEntry>()
        .ProducesErrors(BadLastId, ApiError.Unauthorized);

    private static async Task<IResult> StreamAsync(HttpContext context, AuditLog audit, IHostApplicationLifetime lifetime)
    {
        long after;
        if (!context.Request.Headers.TryGetValue("Last-Event-ID", out var header)) after = audit.GetNewestId();
        else if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out after) || after > audit.GetNewestId()) return new ApiErrorResult(BadLastId);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var events = audit.FollowAsync(context.GetAccount().Workspace, after, stopping.Token);
        await EventStream.WriteAsync(context, ToEvents(events, stopping.Token));
        return Results.Empty;
    }

    private static async IAsyncEnumerable<SseItem<string>> ToEvents(
        IAsyncEnumerable<AuditEvent> events, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var next in events.WithCancellation(cancellationToken))
        {
            var entry = new AuditEntry(next.At, next.Action, next.Subject, next.Detail);
            yield return new SseItem<string>(JsonSerializer.Serialize(entry, AuditJson.Default.AuditEntry), next.Action)
            {
                EventId = next.Id.ToString(CultureInfo.InvariantCulture),
            };
        }
    }
}
