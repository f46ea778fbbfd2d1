using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChaserEmu.Accounts;
using ChaserEmu.Http;
using ChaserEmu.Journal;
using ChaserEmu.Simulation;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Control;

/// <summary>
/// Writes each call of the API into the journal before the first byte of its answer leaves, so that who has read an answer finds
/// the call. JSON answers are held back for that; pictures, event streams and WebSockets are not.
/// </summary>
internal sealed partial class JournalRecorder(RequestDelegate next, CallJournal journal, EmulatedClock clock)
{
    private static readonly PathString[] Recorded = ["/v1", "/sessions"];

    public async Task InvokeAsync(HttpContext context)
    {
        if (!journal.IsOn || !Recorded.Any(path => context.Request.Path.StartsWithSegments(path)))
        {
            await next(context);
            return;
        }

        var (at, start) = (clock.GetUtcNow(), TimeProvider.System.GetTimestamp());
        var outer = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        await using var held = new HeldBody(outer.Stream, context.Response, CallJournal.LargestBody);
        var recorded = false;
        void Record(int status)
        {
            recorded = true;
            journal.Add(Describe(context, at, TimeProvider.System.GetElapsedTime(start), status, held.Bytes));
        }

        context.Response.OnStarting(() =>
        {
            Record(context.Features.Get<WithoutAnswer>() is null ? context.Response.StatusCode : JournalEntry.NoAnswer);
            return Task.CompletedTask;
        });
        var inner = new StreamResponseBodyFeature(held, outer);
        context.Features.Set<IHttpResponseBodyFeature>(inner);
        try
        {
            await next(context);
            await inner.CompleteAsync();
            await held.ReleaseAsync();
        }
        finally
        {
            // The client left, or was cut off by a fault, before there was an answer.
            if (!recorded && context.RequestAborted.IsCancellationRequested) Record(JournalEntry.NoAnswer);
            context.Features.Set(outer);
        }
    }

    private static JournalEntry Describe(HttpContext context, DateTimeOffset at, TimeSpan duration, int status, byte[]? answer)
    {
        var caller = context.Features.Get<Caller>();
        var request = context.Request;
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        var body = context.Features.Get<ReadBody>()?.Bytes ?? default;
        return new JournalEntry
        {
            At = at,
            DurationMs = Math.Round(duration.TotalMilliseconds, 3),
            Method = request.Method,
            Path = request.Path.ToString(),
            Query = request.QueryString.HasValue ? Blot(request.QueryString.Value) : "",
            Route = endpoint?.RoutePattern.RawText?.TrimEnd('/'),
            Operation = endpoint?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName,
            KeyId = caller?.Key.Id,
            KeyPrefix = caller?.Key.Prefix,
            Workspace = caller?.Workspace ?? context.Features.Get<Account>()?.Workspace,
            Session = (request.RouteValues["id"] ?? (status == StatusCodes.Status201Created ? JournalEntry.Parse(answer)?["id"]?.ToString() : null)) is string id && id.StartsWith("sess_", StringComparison.Ordinal) ? id : null,
            RequestBody = body.Length is > 0 and <= CallJournal.LargestBody ? Blot(body.ToArray()) : null,
            Status = status,
            ErrorCode = status >= 400 ? ((JournalEntry.Parse(answer) as JsonObject)?["error"] as JsonObject)?["code"]?.ToString() : null,
            RetryAfter = context.Response.Headers.RetryAfter,
            Fault = context.Response.Headers["x-chaser-emu-fault"],
            ResponseBody = answer is null ? null : Blot(answer),
        };
    }

    /// <summary>Nearly no body has any of what a secret begins with: those that have none are kept as they are.</summary>
    private static byte[] Blot(byte[] body) =>
        body.AsSpan().IndexOf("cha_"u8) < 0 && body.AsSpan().IndexOf("token="u8) < 0 && body.AsSpan().IndexOf("/checkout/"u8) < 0
            ? body
            : Encoding.UTF8.GetBytes(Blot(Encoding.UTF8.GetString(body)));

    /// <summary>Keys are known by their form wherever they stand, and so are the tokens of live views and checkouts.</summary>
    private static string Blot(string text) => Secrets().Replace(text, secret =>
        secret.Groups["key"].Success ? ChaserEmu.Domain.ApiKeySecret.TryParse(secret.Value, out var key) ? key.ToString() : "…" : secret.Groups["before"].Value + "…");

    [GeneratedRegex(@"(?<key>cha_(live|test)_[A-Za-z0-9_-]+)|(?<before>[?&]token=)[^&""\s]+|(?<before>/checkout/)[A-Za-z0-9_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Secrets();
}
