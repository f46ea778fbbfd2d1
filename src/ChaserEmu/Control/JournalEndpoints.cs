using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Journal;
using ChaserEmu.Time;

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

/// <summary>A call as it was answered; with status 0 one whose connection ended before there was an answer.</summary>
internal sealed record CallResource(
    long Sequence, DateTimeOffset At, double DurationMs, string Method, string Path, string Query, string? Route, string? Operation, string? KeyPrefix,
    string? WorkspaceId, string? SessionId, JsonNode? RequestBody, bool RequestBodyOmitted, int Status, string? ErrorCode, string? RetryAfter, string? Fault, JsonNode? ResponseBody)
{
    public static CallResource Of(CallEntry entry) => new(
        entry.Sequence, entry.At, entry.DurationMs, entry.Method, entry.Path, entry.Query, entry.Route, entry.Operation, entry.KeyPrefix,
        entry.Workspace?.Value, entry.Session, JournalBody.Parse(entry.RequestBody), entry.RequestBodyOmitted, entry.Status, entry.ErrorCode, entry.RetryAfter, entry.Fault, JournalBody.Parse(entry.ResponseBody));
}

/// <summary>Calls, oldest first.</summary>
/// <param name="Entries">At most the limit that was asked for, the newest of them.</param>
/// <param name="Newest">The sequence of the newest call of all: what <c>since</c> takes to see only later ones.</param>
/// <param name="Evicted">Calls that may have been meant and are forgotten for want of room.</param>
internal sealed record CallList(IReadOnlyList<CallResource> Entries, long Newest, long Evicted);

/// <summary>A call that was nearly one of those meant.</summary>
internal sealed record NearCall(long Sequence, string Method, string Path, int Status, IReadOnlyList<Difference> Differences);

/// <summary><c>/_emu/journal</c>: what was called, and whether it was what had to be.</summary>
internal static class JournalEndpoints
{
    public static IApplicationBuilder UseJournal(this IApplicationBuilder app) => app.Use(next =>
        new JournalMiddleware(next, app.ApplicationServices.GetRequiredService<CallJournal>(), app.ApplicationServices.GetRequiredService<EmulatedClock>()).InvokeAsync);

    private const int LargestStatus = 599;
    private const string StatusForm = "status must be that of an answer, 100 to 599, or 0 for a call without one.";

    private const string NotRecorded = "no calls are remembered (Journal:Capacity=0). Start the emulator with Journal:Capacity above 0.";

    private static readonly string[] Methods =
        [HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Head, HttpMethods.Options, HttpMethods.Trace, HttpMethods.Connect];

    public static void MapJournal(this RouteGroupBuilder control)
    {
        var journal = control.MapGroup("/journal");
        journal.MapGet("", Find).WithQueryParameters("key", "workspace", "session", "method", "path", "route", "operation", "status", "error_code", "since", "limit");
        journal.MapDelete("", Forget).WithQueryParameters("key", "workspace");
        journal.MapPost("/verify", VerifyAsync);
    }

    private static IResult Find(HttpRequest request, CallJournal journal, ApiRoutes routes)
    {
        var query = request.Query;
        if (!TryInteger(query["status"], out var status) || status > LargestStatus) return ControlRequestReader.Problem(StatusForm);
        if (ReadPage(query, out var since, out var limit) is { } wrong) return wrong;
        var asked = new CallMatch(
            query["key"], query["workspace"], query["session"], query["method"], query["path"], query["route"], query["operation"],
            (int?)status, query["error_code"], null);
        if (Fault("", asked, routes) is { } fault) return ControlRequestReader.Problem(fault);
        var filter = FilterOf(asked);
        var found = journal.Find(filter, since);
        return TypedResults.Json(
            new CallList([.. found.Entries.TakeLast(limit).Select(CallResource.Of)], journal.Newest, found.Evicted), ControlJson.Readable.CallList);
    }

    private static IResult Forget(string? key, string? workspace, CallJournal journal, AccountRegistry accounts)
    {
        if (ControlRequestReader.ReadWorkspace("", key, workspace, accounts, out var whose) is { } fault) return ControlRequestReader.Problem(fault);
        journal.Clear(whose);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, CallJournal journal, ApiRoutes routes)
    {
        var (asked, wrong) = await context.Request.ReadAsync(ControlJson.Default.VerificationCallMatch);
        if (asked is null) return wrong!;
        if ((asked.Validate() ?? Fault("match.", asked.Match, routes)) is { } fault) return ControlRequestReader.Problem(fault);
        return VerifyResult.Evaluate(journal, FilterOf(asked.Match), asked.ToExpectedCount(), journal.IsEnabled ? null : NotRecorded, "calls", "Journal:Capacity", entry => $"{entry.Method} {entry.Path}", Near);
    }

    private static JsonNode Near(CallEntry entry, IReadOnlyList<Difference> differences) =>
        JsonSerializer.SerializeToNode(new NearCall(entry.Sequence, entry.Method, entry.Path, entry.Status, differences), ControlJson.Readable.NearCall)!;

    /// <summary>What of it can match nothing, if anything.</summary>
    private static string? Fault(string at, CallMatch asked, ApiRoutes routes) =>
        ControlRequestReader.ValidateKey(at, asked.Key)
        ?? ControlRequestReader.ValidateWorkspace(at, asked.Workspace)
        ?? ControlRequestReader.ValidateSession(at, asked.Session)
        ?? ControlRequestReader.ValidateName($"{at}method", asked.Method, Methods, StringComparer.OrdinalIgnoreCase)
        ?? ControlRequestReader.ValidateName($"{at}route", asked.Route, routes.Recorded.Select(route => route.Template))
        ?? ControlRequestReader.ValidateName($"{at}operation", asked.Operation, routes.Recorded.Select(route => route.Operation).OfType<string>())
        ?? ControlRequestReader.ValidateName($"{at}error_code", asked.ErrorCode, ApiError.Codes)
        ?? (asked.Status is null or CallEntry.NoResponse or (>= 100 and <= LargestStatus) ? null : at + StatusForm)
        ?? (asked.Path is null || JournalMiddleware.IsRecorded(PathOf(asked.Path)) ? null : $"{at}path must be a path of the API without its query, such as /v1/sessions; other calls are not remembered.");

    /// <summary>An empty path where there is none.</summary>
    private static PathString PathOf(string text) => text.StartsWith('/') && !text.Contains('?', StringComparison.Ordinal) ? new PathString(text) : default;

    private static CallFilter FilterOf(CallMatch asked) => new()
    {
        KeyId = ApiKeySecret.TryParse(asked.Key, out var secret) ? ApiKey.DeriveId(secret) : null,
        Workspace = asked.Workspace,
        Session = asked.Session,
        Method = asked.Method,
        Path = asked.Path,
        Route = asked.Route,
        Operation = asked.Operation,
        Status = asked.Status,
        ErrorCode = asked.ErrorCode,
        Body = asked.Body,
    };

    internal static IResult? ReadPage(IQueryCollection query, out long since, out int limit)
    {
        var isSince = TryInteger(query["since"], out var after) && after is null or >= 0;
        var isLimit = TryInteger(query["limit"], out var most) && most is null or (>= 1 and <= 10_000);
        (since, limit) = (after ?? 0, (int)(isLimit ? most ?? 1_000 : 0));
        return !isSince ? ControlRequestReader.Problem("since must be the sequence of an entry, 0 or more.")
            : !isLimit ? ControlRequestReader.Problem("limit must be from 1 to 10000.")
            : null;
    }

    private static bool TryInteger(string? text, out long? number)
    {
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return text is null || number is not null;
    }
}
