using System.Globalization;
using System.Text;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Journal;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Control;

/// <summary>
/// Writes each call of the API into the journal before the first byte of its answer leaves, so that who has read an answer finds
/// the call. JSON answers are held back for that; pictures, event streams and WebSockets are not.
/// </summary>
internal sealed class JournalMiddleware(RequestDelegate next, CallJournal journal, EmulatedClock clock)
{
    private static readonly PathString[] Recorded = ["/v1", "/sessions"];

    /// <summary>Whether calls of a path are the API's.</summary>
    public static bool IsRecorded(PathString path) => Recorded.Any(of => path.StartsWithSegments(of));

    public async Task InvokeAsync(HttpContext context)
    {
        if (!journal.IsEnabled || !IsRecorded(context.Request.Path))
        {
            await next(context);
            return;
        }

        var (at, start) = (clock.GetUtcNow(), TimeProvider.System.GetTimestamp());
        var outer = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var held = new BufferedResponseBody(outer, context.Response, CallJournal.MaxBodyBytes);
        var recorded = 0;

        // A call that is cut off may start to be answered at the same moment.
        void Record(int status)
        {
            if (Interlocked.Exchange(ref recorded, 1) == 0) journal.Add(Describe(context, at, TimeProvider.System.GetElapsedTime(start), status, held.Text));
        }

        context.Response.OnStarting(() =>
        {
            Record(context.Features.Get<ConnectionResetFeature>() is null ? context.Response.StatusCode : CallEntry.NoResponse);
            return Task.CompletedTask;
        });
        context.Features.Set<IHttpResponseBodyFeature>(held);
        try
        {
            await next(context);

            // What became a tunnel has no body that could end.
            if (context.Response.StatusCode is StatusCodes.Status101SwitchingProtocols) return;
            await held.CompleteAsync();
        }
        finally
        {
            // The client left, or was cut off by a fault, before there was an answer.
            if (context.RequestAborted.IsCancellationRequested) Record(CallEntry.NoResponse);
            context.Features.Set(outer);
        }
    }

    private static CallEntry Describe(HttpContext context, DateTimeOffset at, TimeSpan duration, int status, string? answer)
    {
        var caller = context.Features.Get<Caller>();
        var request = context.Request;
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        // Parsed only where something of it is wanted: of nearly every answer nothing is.
        var json = status >= 400 ? JournalBody.Parse(answer) as System.Text.Json.Nodes.JsonObject : null;
        var body = context.Features.Get<BufferedRequestBody>()?.Bytes ?? default;
        return new CallEntry
        {
            At = at,
            DurationMs = Math.Round(duration.TotalMilliseconds, 3),
            Method = request.Method,
            Path = JournalBody.Redact(request.Path.ToString()),
            Query = JournalBody.Redact(request.QueryString.ToString()),
            Route = endpoint is null ? null : ApiRoutes.GetTemplate(endpoint),
            Operation = endpoint?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
            KeyId = caller?.Key.Id,
            KeyPrefix = caller?.Key.Prefix,
            Workspace = caller?.Workspace ?? context.Features.Get<Account>()?.Workspace,
            Session = context.Features.Get<Session>()?.Id.ToString() ?? (request.RouteValues["id"] is string id && SessionId.TryParse(id, out _) ? id : null),
            RequestBody = body.Length is > 0 and <= CallJournal.MaxBodyBytes ? JournalBody.Redact(Encoding.UTF8.GetString(body.Span)) : null,
            RequestBodyOmitted = body.Length > CallJournal.MaxBodyBytes,
            Status = status,
            ErrorCode = (json?["error"] as System.Text.Json.Nodes.JsonObject)?["code"]?.ToString(),
            RetryAfter = context.Response.Headers.RetryAfter,
            Fault = context.Response.Headers["x-chaser-emu-fault"],
            ResponseBody = answer is null ? null : JournalBody.Redact(answer),
        };
    }
}
