using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary>A filter for calls. Omitted fields match everything.</summary>
/// <param name="Key">A whole key.</param>
/// <param name="Workspace">The id of a workspace.</param>
/// <param name="Session">The id of a session.</param>
/// <param name="Method">The HTTP method, such as <c>POST</c>.</param>
/// <param name="Path">The path without its query, such as <c>/v1/sessions</c>.</param>
/// <param name="Route">The route as in openapi.yaml, such as <c>/v1/sessions/{id}</c>.</param>
/// <param name="Operation">The operationId, such as <c>createSession</c>.</param>
/// <param name="Status">The status of the response; 0 for a call without a response.</param>
/// <param name="ErrorCode">The <c>error.code</c> of the response.</param>
/// <param name="Body">Fields that the request body must contain. Other fields are ignored.</param>
internal sealed record CallMatch(
    string? Key, string? Workspace, string? Session, string? Method, string? Path, string? Route, string? Operation, int? Status, string? ErrorCode, JsonObject? Body);

/// <summary>A recorded call. Status 0 means that the connection ended before a response was sent.</summary>
internal sealed record CallResource(
    long Sequence, DateTimeOffset At, double DurationMs, string Method, string Path, string Query, string? Route, string? Operation, string? KeyPrefix,
    string? WorkspaceId, string? SessionId, JsonNode? RequestBody, bool RequestBodyOmitted, int Status, string? ErrorCode, string? RetryAfter, string? Fault, JsonNode? ResponseBody)
{
    public static CallResource Of(CallEntry entry) => new(
        entry.Sequence, entry.At, entry.DurationMs, entry.Method, entry.Path, entry.Query, entry.Route, entry.Operation, entry.KeyPrefix,
        entry.Workspace?.Value, entry.Session, JournalBody.Parse(entry.RequestBody), entry.RequestBodyOmitted, entry.Status, entry.ErrorCode, entry.RetryAfter, entry.Fault, JournalBody.Parse(entry.ResponseBody));
}

/// <summary>Calls, oldest first.</summary>
/// <param name="Entries">The newest matching calls, at most <c>limit</c>.</param>
/// <param name="Newest">The sequence of the newest journal entry. Send it as <c>since</c> to get only later entries.</param>
/// <param name="Evicted">The number of evicted calls that could have matched.</param>
internal sealed record CallList(IReadOnlyList<CallResource> Entries, long Newest, long Evicted);

/// <summary>A call that nearly matched.</summary>
internal sealed record NearCall(long Sequence, string Method, string Path, int Status, IReadOnlyList<Difference> Differences);

/// <summary><c>/_emu/journal</c>: lists, verifies and clears the recorded calls.</summary>
internal static class JournalEndpoints
{
    private const int MaxStatus = 599;
    private const string InvalidStatus = "status must be a response status from 100 to 599, or 0 for a call without a response.";

    private const string NotRecorded = "the journal records no calls (Journal:Capacity=0). Start the emulator with Journal:Capacity above 0.";

    private static readonly string[] Methods =
        [HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Head, HttpMethods.Options, HttpMethods.Trace, HttpMethods.Connect];

    public static void MapJournal(this RouteGroupBuilder control)
    {
        var journal = control.MapGroup("/journal");
        journal.MapGet("", Find).WithQueryParameters("key", "workspace", "session", "method", "path", "route", "operation", "status", "error_code", "since", "limit");
        journal.MapDelete("", Clear).WithQueryParameters("key", "workspace");
        journal.MapPost("/verify", VerifyAsync);
    }

    private static IResult Find(HttpRequest request, CallJournal journal, ApiRoutes routes)
    {
        var query = request.Query;
        if (!TryParseInteger(query["status"], out var status) || status > MaxStatus) return ControlRequestReader.Problem(InvalidStatus);
        if (ReadPage(query, out var since, out var limit) is { } problem) return problem;
        var match = new CallMatch(
            query["key"], query["workspace"], query["session"], query["method"], query["path"], query["route"], query["operation"],
            (int?)status, query["error_code"], null);
        if (Validate("", match, routes) is { } error) return ControlRequestReader.Problem(error);
        var filter = ToFilter(match);
        var found = journal.Find(filter, since);
        return TypedResults.Json(
            new CallList([.. found.Entries.TakeLast(limit).Select(CallResource.Of)], journal.Newest, found.Evicted), ControlJson.Readable.CallList);
    }

    private static IResult Clear(string? key, string? workspace, CallJournal journal, AccountRegistry accounts)
    {
        if (ControlRequestReader.ReadWorkspace("", key, workspace, accounts, out var owner) is { } error) return ControlRequestReader.Problem(error);
        journal.Clear(owner);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, CallJournal journal, ApiRoutes routes)
    {
        var (verification, problem) = await context.Request.ReadAsync(ControlJson.Default.VerificationCallMatch);
        if (verification is null) return problem!;
        if ((verification.Validate() ?? Validate("match.", verification.Match, routes)) is { } error) return ControlRequestReader.Problem(error);
        return VerifyResult.Evaluate(journal, ToFilter(verification.Match), verification.ToExpectedCount(), journal.IsEnabled ? null : NotRecorded, "calls", "Journal:Capacity", entry => $"{entry.Method} {entry.Path}", ToNearMiss);
    }

    private static JsonNode ToNearMiss(CallEntry entry, IReadOnlyList<Difference> differences) =>
        JsonSerializer.SerializeToNode(new NearCall(entry.Sequence, entry.Method, entry.Path, entry.Status, differences), ControlJson.Readable.NearCall)!;

    /// <summary>Validates that every field of the filter can match a call. Returns a validation error, or null.</summary>
    private static string? Validate(string path, CallMatch match, ApiRoutes routes) =>
        ControlRequestReader.ValidateKey(path, match.Key)
        ?? ControlRequestReader.ValidateWorkspace(path, match.Workspace)
        ?? ControlRequestReader.ValidateSession(path, match.Session)
        ?? ControlRequestReader.ValidateName($"{path}method", match.Method, Methods, StringComparer.OrdinalIgnoreCase)
        ?? ControlRequestReader.ValidateName($"{path}route", match.Route, routes.JournaledRoutes.Select(route => route.Template))
        ?? ControlRequestReader.ValidateName($"{path}operation", match.Operation, routes.JournaledRoutes.Select(route => route.Operation).OfType<string>())
        ?? ControlRequestReader.ValidateName($"{path}error_code", match.ErrorCode, ApiError.Codes)
        ?? (match.Status is null or CallEntry.NoResponse or (>= 100 and <= MaxStatus) ? null : path + InvalidStatus)
        ?? (match.Path is null || JournalMiddleware.IsRecorded(ToPath(match.Path)) ? null : $"{path}path must be an API path without a query, such as /v1/sessions. Other calls are not recorded.");

    /// <summary>Returns an empty path if the text is not a path.</summary>
    private static PathString ToPath(string text) => text.StartsWith('/') && !text.Contains('?', StringComparison.Ordinal) ? new PathString(text) : default;

    private static CallFilter ToFilter(CallMatch match) => new()
    {
        KeyId = ApiKeySecret.TryParse(match.Key, out var secret) ? KeyId.FromHash(secret.ComputeHash()) : null,
        Workspace = match.Workspace,
        Session = match.Session,
        Method = match.Method,
        Path = match.Path,
        Route = match.Route,
        Operation = match.Operation,
        Status = match.Status,
        ErrorCode = match.ErrorCode,
        Body = match.Body,
    };

    internal static IResult? ReadPage(IQueryCollection query, out long since, out int limit)
    {
        var isSinceValid = TryParseInteger(query["since"], out var after) && after is null or >= 0;
        var isLimitValid = TryParseInteger(query["limit"], out var count) && count is null or (>= 1 and <= 10_000);
        (since, limit) = (after ?? 0, (int)(isLimitValid ? count ?? 1_000 : 0));
        return !isSinceValid ? ControlRequestReader.Problem("since must be the sequence of an entry, 0 or more.")
            : !isLimitValid ? ControlRequestReader.Problem("limit must be from 1 to 10000.")
            : null;
    }

    private static bool TryParseInteger(string? text, out long? number)
    {
        number = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return text is null || number is not null;
    }
}
