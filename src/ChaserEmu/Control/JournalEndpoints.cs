using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Journal;
using ChaserEmu.Simulation;

namespace ChaserEmu.Control;

/// <summary>Which calls are meant; what is left out is not asked.</summary>
/// <param name="Key">A whole key.</param>
/// <param name="Workspace">The id of a workspace.</param>
/// <param name="Session">The id of a session.</param>
/// <param name="Method">Such as <c>POST</c>.</param>
/// <param name="Path">Such as <c>/v1/sessions</c>, without its query.</param>
/// <param name="Route">As in openapi.yaml, such as <c>/v1/sessions/{id}</c>.</param>
/// <param name="Operation">The operationId, such as <c>createSession</c>.</param>
/// <param name="Status">Of the answer.</param>
/// <param name="ErrorCode">Of the answer's error envelope.</param>
/// <param name="Body">Fields that the request's body must have, whatever else it has.</param>
internal sealed record CallMatch(
    string? Key, string? Workspace, string? Session, string? Method, string? Path, string? Route, string? Operation, int? Status, string? ErrorCode, JsonObject? Body);

/// <summary>How often calls must have been made: one of the three.</summary>
/// <param name="Match">Which calls.</param>
/// <param name="Exactly">So often.</param>
/// <param name="AtLeast">So often or more.</param>
/// <param name="AtMost">So often or less.</param>
/// <param name="Since">Only calls after this sequence.</param>
internal sealed record Verification([property: JsonRequired] CallMatch Match, int? Exactly, int? AtLeast, int? AtMost, long Since = 0);

/// <summary>That the calls were made as often as they had to be.</summary>
internal sealed record Verified([property: JsonPropertyName("verified")] bool IsVerified, int Count);

/// <summary>A call as it was answered; with status 0 one whose connection ended before there was an answer.</summary>
internal sealed record CallResource(
    long Sequence, DateTimeOffset At, double DurationMs, string Method, string Path, string Query, string? Route, string? Operation, string? KeyPrefix,
    string? WorkspaceId, string? SessionId, JsonNode? RequestBody, int Status, string? ErrorCode, string? RetryAfter, string? Fault, JsonNode? ResponseBody)
{
    public static CallResource Of(JournalEntry entry) => new(
        entry.Sequence, entry.At, entry.DurationMs, entry.Method, entry.Path, entry.Query, entry.Route, entry.Operation, entry.KeyPrefix,
        entry.Workspace?.Value, entry.Session, JournalEntry.Parse(entry.RequestBody), entry.Status, entry.ErrorCode, entry.RetryAfter, entry.Fault, JournalEntry.Parse(entry.ResponseBody));
}

/// <summary>Calls, oldest first.</summary>
/// <param name="Entries">At most the limit that was asked for, the newest of them.</param>
/// <param name="Newest">The sequence of the newest call of all: what <c>since</c> takes to see only later ones.</param>
/// <param name="Evicted">Calls that may have been meant and are forgotten for want of room.</param>
internal sealed record Calls(IReadOnlyList<CallResource> Entries, long Newest, long Evicted);

/// <summary>A call that was nearly one of those meant.</summary>
internal sealed record NearCall(long Sequence, string Method, string Path, int Status, IReadOnlyList<Difference> Differences);

/// <summary><c>/_emu/journal</c>: what was called, and whether it was what had to be.</summary>
internal static class JournalEndpoints
{
    private const int NearCalls = 3;

    public static IApplicationBuilder UseJournal(this IApplicationBuilder app) => app.Use(next =>
        new JournalRecorder(next, app.ApplicationServices.GetRequiredService<CallJournal>(), app.ApplicationServices.GetRequiredService<EmulatedClock>()).InvokeAsync);

    public static void MapJournal(this RouteGroupBuilder control)
    {
        var journal = control.MapGroup("/journal");
        journal.MapGet("", Find);
        journal.MapDelete("", Forget);
        journal.MapPost("/verify", VerifyAsync);
    }

    private static IResult Find(HttpRequest request, CallJournal journal)
    {
        var query = request.Query;
        string[] fields = ["key", "workspace", "session", "method", "path", "route", "operation", "status", "error_code", "since", "limit"];
        if (query.Keys.FirstOrDefault(name => !fields.Contains(name)) is { } unknown)
            return ControlRequests.Problem($"There is no parameter '{unknown}'; there are: {string.Join(", ", fields)}.");
        if (!TryInteger(query["status"], out var status)) return ControlRequests.Problem("status must be a number such as 429.");
        if (!TryInteger(query["since"], out var since) || since < 0) return ControlRequests.Problem("since must be the sequence of an entry, 0 or more.");
        if (!TryInteger(query["limit"], out var limit) || limit is < 1 or > 10_000) return ControlRequests.Problem("limit must be from 1 to 10000.");
        var (match, problem) = Understand(new CallMatch(
            query["key"], query["workspace"], query["session"], query["method"], query["path"], query["route"], query["operation"], (int?)status, query["error_code"], null));
        if (match is null) return problem!;

        var found = journal.Find(match, since ?? 0);
        return TypedResults.Json(
            new Calls([.. found.Entries.TakeLast((int)(limit ?? 1_000)).Select(CallResource.Of)], journal.Newest, found.Evicted), ControlJson.Readable.Calls);
    }

    private static IResult Forget(CallJournal journal, string? workspace)
    {
        journal.Reset(workspace is null ? null : new WorkspaceId(workspace));
        return TypedResults.NoContent();
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, CallJournal journal)
    {
        var (asked, wrong) = await context.Request.ReadAsync(ControlJson.Default.Verification);
        if (asked is null) return wrong!;
        int?[] counts = [asked.Exactly, asked.AtLeast, asked.AtMost];
        if (counts.Count(count => count is not null) != 1) return ControlRequests.Problem("Give one of exactly, at_least and at_most.");
        if (counts.Any(count => count < 0)) return ControlRequests.Problem("exactly, at_least and at_most must be 0 or more.");
        var (match, problem) = Understand(asked.Match);
        if (match is null) return problem!;

        var found = journal.Find(match, asked.Since);
        var count = found.Entries.Count;
        var tooMany = count > (asked.Exactly ?? asked.AtMost ?? int.MaxValue);
        var enough = count >= (asked.Exactly ?? asked.AtLeast ?? 0);

        // What is forgotten can only have been more calls: it matters unless there are too many already, or enough where more do no harm.
        if (found.Evicted > 0 && !tooMany && !(asked.AtLeast is not null && enough))
        {
            return TypedResults.Problem(
                $"It cannot be told: {found.Evicted} earlier calls are forgotten for want of room. Raise Journal:Capacity, or verify since a later sequence, or reset the journal before each test.",
                statusCode: StatusCodes.Status409Conflict,
                extensions: new Dictionary<string, object?> { ["count"] = count, ["evicted"] = found.Evicted });
        }

        return enough && !tooMany ? TypedResults.Json(new Verified(true, count), ControlJson.Readable.Verified) : Failed(asked, match, count, journal);
    }

    private static IResult Failed(Verification asked, JournalMatch match, int count, CallJournal journal)
    {
        var expected = asked switch
        {
            { Exactly: { } n } => $"exactly {n}",
            { AtLeast: { } n } => $"at least {n}",
            _ => $"at most {asked.AtMost}",
        };
        var closest = journal.Closest(match, asked.Since, NearCalls)
            .Select(near => new NearCall(near.Entry.Sequence, near.Entry.Method, near.Entry.Path, near.Entry.Status, near.Differences)).ToList();
        var nearest = closest.Count == 0 ? ""
            : $" The closest was {closest[0].Method} {closest[0].Path}: {string.Join(", ", closest[0].Differences.Select(d => $"{d.Field} was {d.Actual ?? "missing"} and not {d.Expected}"))}.";
        return TypedResults.Problem(
            $"Expected {expected} such calls, but there were {count}.{nearest}",
            statusCode: StatusCodes.Status422UnprocessableEntity,
            extensions: new Dictionary<string, object?>
            {
                ["count"] = count,
                ["expected"] = expected,
                ["closest"] = System.Text.Json.JsonSerializer.SerializeToNode(closest, ControlJson.Readable.ListNearCall),
            });
    }

    private static (JournalMatch? Match, IResult? Problem) Understand(CallMatch asked)
    {
        ApiKeySecret? secret = null;
        if (asked.Key is not null && !ApiKeySecret.TryParse(asked.Key, out secret)) return (null, ControlRequests.Problem("key must be a whole key, such as cha_test_my-laptop."));
        return (new JournalMatch
        {
            KeyId = secret is null ? null : ApiKey.IdOf(secret),
            Workspace = asked.Workspace,
            Session = asked.Session,
            Method = asked.Method,
            Path = asked.Path,
            Route = asked.Route,
            Operation = asked.Operation,
            Status = asked.Status,
            ErrorCode = asked.ErrorCode,
            Body = asked.Body,
        }, null);
    }

    private static bool TryInteger(string? text, out long? number)
    {
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return text is null || number is not null;
    }
}
