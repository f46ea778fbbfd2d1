using System.Text;
using System.Text.RegularExpressions;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Journal;

/// <summary>
/// Records each API call in the journal, and publishes it, before the first byte of its response is sent, so that a client that has read the
/// response finds the call. JSON responses are buffered for that; images, event streams and WebSockets are not.
/// </summary>
internal sealed partial class JournalMiddleware(RequestDelegate next, CallJournal journal, EmulatedClock clock, EventFeed events, DeviationHandling deviations, ILoggerFactory loggers)
{
    /// <summary>The category of the lines about calls, so that a setting can turn them off: <c>Logging:LogLevel:ChaserEmu.Calls=Warning</c>.</summary>
    public const string Category = "ChaserEmu.Calls";

    private readonly ILogger _logger = loggers.CreateLogger(Category);

    private static readonly PathString[] Recorded = ["/v1", "/sessions"];

    /// <summary>Returns whether calls to the path are recorded.</summary>
    public static bool IsRecorded(PathString path) => Recorded.Any(of => path.StartsWithSegments(of));

    /// <summary>Returns the route as in openapi.yaml, such as <c>/v1/sessions/{id}</c>.</summary>
    public static string GetRoute(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText?.TrimEnd('/') ?? "";

    public async Task InvokeAsync(HttpContext context)
    {
        if (!(journal.IsEnabled || deviations is DeviationHandling.Refuse) || !IsRecorded(context.Request.Path))
        {
            await next(context);
            return;
        }

        var (at, start) = (clock.GetUtcNow(), TimeProvider.System.GetTimestamp());
        var outer = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        using var buffered = new BufferedResponseBody(outer, context.Response, CallJournal.MaxBodyBytes);
        var details = new CallDetails(deviations);
        var recorded = 0;

        // An aborted call can start its response concurrently: record only once.
        void Record(int status)
        {
            if (Interlocked.Exchange(ref recorded, 1) != 0) return;
            var entry = Describe(context, details, at, TimeProvider.System.GetElapsedTime(start), status, buffered.Text);
            if (journal.IsEnabled) journal.Add(entry);
            events.Publish(ToEvent(entry, details));
            Log(entry, details);
        }

        context.Response.OnStarting(() =>
        {
            Record(details.IsReset ? CallEntry.NoResponse : context.Response.StatusCode);
            return Task.CompletedTask;
        });
        context.Features.Set(details);
        context.Features.Set<IHttpResponseBodyFeature>(buffered);
        try
        {
            await next(context);

            // After an upgrade there is no response body to complete.
            if (context.Response.StatusCode is StatusCodes.Status101SwitchingProtocols) return;
            await buffered.CompleteAsync();
        }
        finally
        {
            // The client disconnected, or a fault reset the connection, before a response was sent.
            if (context.RequestAborted.IsCancellationRequested) Record(CallEntry.NoResponse);
            context.Features.Set(outer);
        }
    }

    /// <summary>Logs a call in one line. Successful reads have level Debug: clients poll, and there can be thousands per second.</summary>
    private void Log(CallEntry entry, CallDetails details)
    {
        var level = entry.Status is >= 200 and < 400 && (HttpMethods.IsGet(entry.Method) || HttpMethods.IsHead(entry.Method)) ? LogLevel.Debug : LogLevel.Information;
        if (!_logger.IsEnabled(level)) return;
        string?[] about = [details.Key is { } key ? KeyPrefixes().Replace(key.Name, "") : null, entry.Session is { Length: > 9 } session ? $"{SessionId.Prefix}…{session[^4..]}" : null, entry.Fault, entry.ErrorCode, details.Hint];
        LogCall(_logger, level, entry.Method, entry.Path, entry.Status is CallEntry.NoResponse ? "no response" : $"{entry.Status}", (long)Math.Round(entry.DurationMs), string.Concat(about.Where(text => !string.IsNullOrEmpty(text)).Select(text => " " + text)));
    }

    /// <summary>A key without a name of its own is named after its secret.</summary>
    [GeneratedRegex("^cha_(live|test)_", RegexOptions.CultureInvariant)]
    private static partial Regex KeyPrefixes();

    [LoggerMessage(Message = "{Method} {Path} {Status} {Milliseconds}ms{About}")]
    private static partial void LogCall(ILogger logger, LogLevel level, string method, string path, string status, long milliseconds, string about);

    private static CallEvent ToEvent(CallEntry entry, CallDetails details) => new(
        entry.Sequence, entry.DurationMs, entry.Method, entry.Path, entry.Route, entry.Operation, entry.Status, entry.ErrorCode, details.Key?.Name, entry.KeyPrefix,
        entry.Workspace?.Value, entry.Session, entry.Fault)
    {
        At = entry.At,
        RealAt = TimeProvider.System.GetUtcNow(),
    };

    private static CallEntry Describe(HttpContext context, CallDetails details, DateTimeOffset at, TimeSpan duration, int status, string? responseText)
    {
        var request = context.Request;
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        // Parse only error responses: no field of the others is needed.
        var json = status >= 400 ? JournalBody.Parse(responseText) as System.Text.Json.Nodes.JsonObject : null;
        var body = details.RequestBody;
        return new CallEntry
        {
            At = at,
            DurationMs = Math.Round(duration.TotalMilliseconds, 3),
            Method = SecretRedactor.Redact(request.Method),
            Path = SecretRedactor.Redact(request.Path.ToString()),
            Query = SecretRedactor.Redact(request.QueryString.ToString()),
            Route = endpoint is null ? null : GetRoute(endpoint),
            Operation = endpoint?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
            KeyId = details.Key?.Id,
            KeyPrefix = details.Key?.Prefix,
            Workspace = details.Workspace,
            Session = details.Session?.ToString() ?? (request.RouteValues["id"] is string id && SessionId.TryParse(id, out _) ? id : null),
            RequestBody = body.Length is > 0 and <= CallJournal.MaxBodyBytes ? SecretRedactor.Redact(Encoding.UTF8.GetString(body.Span)) : null,
            RequestBodyOmitted = body.Length > CallJournal.MaxBodyBytes,
            Status = status,
            ErrorCode = (json?["error"] as System.Text.Json.Nodes.JsonObject)?["code"]?.ToString(),
            RetryAfter = context.Response.Headers.RetryAfter,
            Fault = context.Response.Headers["x-chaser-emu-fault"],
            Deviations = details.Deviations,
            ResponseBody = responseText is null || HttpMethods.IsHead(request.Method) ? null : SecretRedactor.Redact(responseText),
        };
    }
}
