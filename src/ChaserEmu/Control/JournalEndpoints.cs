using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/journal</c>: lists, verifies and clears the recorded calls.</summary>
internal static class JournalEndpoints
{
    internal static readonly QueryParameter KeyParameter = new("key", "A whole API key, for its workspace.");
    internal static readonly QueryParameter WorkspaceParameter = new("workspace", "The id of a workspace.");
    internal static readonly QueryParameter SinceParameter = new("since", "Returns only entries with a greater sequence number.") { Minimum = 0, Default = 0 };
    internal static readonly QueryParameter LimitParameter = new("limit", "The maximum number of entries. If more match, the newest are returned.") { Minimum = 1, Maximum = 10_000, Default = 1_000 };

    private const int MaxStatus = 599;
    private const string InvalidStatus = "status must be a response status from 100 to 599, or 0 for a call without a response.";

    private const string NotRecorded = "the journal records no calls (Journal:Capacity=0). Start the emulator with Journal:Capacity above 0.";

    private static readonly string[] Methods =
        [HttpMethods.Get, HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete, HttpMethods.Head, HttpMethods.Options, HttpMethods.Trace, HttpMethods.Connect];

    public static void MapJournal(this RouteGroupBuilder control)
    {
        var journal = control.MapGroup("/journal").WithTags("Journal");
        journal.MapGet("", Find)
            .WithName("listCalls")
            .WithSummary("List API calls")
            .WithDescription("Returns the newest recorded calls that match all given filters, oldest first.")
            .WithQueryParameters(
                new("key", "The whole API key that the call was made with."),
                WorkspaceParameter,
                new("session", "The id of the session that is in the path or that the call created."),
                new("method", "The HTTP method, such as `POST`."),
                new("path", "The path without its query, such as `/v1/sessions`."),
                new("route", "The route as in `/openapi.yaml`, such as `/v1/sessions/{id}`."),
                new("operation", "The operationId of `/openapi.yaml`, such as `createSession`."),
                new("status", "The status of the response; 0 for a call without a response.") { Minimum = 0, Maximum = MaxStatus },
                new("error_code", "The error code of the response, such as `rate_limited`.") { Values = ApiError.Codes },
                SinceParameter,
                LimitParameter)
            .Produces<JournalPage>();
        journal.MapGet("/deviations", FindDeviations)
            .WithName("listDeviations")
            .WithSummary("List API calls that depart from the contract")
            .WithDescription(
                """
                Returns the newest recorded calls with `deviations`, oldest first: unknown fields and parameters, a body without `Content-Type: application/json`, a method in lower case, polling within 2 seconds, and retries before `Retry-After` has passed.

                With `Requests:Deviations=refuse` such calls are answered by 400. With `ignore` none are listed.
                """)
            .WithQueryParameters(KeyParameter, WorkspaceParameter, SinceParameter, LimitParameter)
            .Produces<JournalPage>();
        journal.MapDelete("", Clear)
            .WithName("deleteCalls")
            .WithSummary("Delete API calls")
            .WithDescription("Deletes the recorded calls of a workspace, or of all workspaces.")
            .WithQueryParameters(KeyParameter, WorkspaceParameter)
            .Produces(StatusCodes.Status204NoContent);
        journal.MapPost("/verify", VerifyAsync)
            .WithName("verifyCalls")
            .WithSummary("Verify the number of API calls")
            .WithDescription("Compares the number of matching calls with an expected number.")
            .AcceptsJson<Verification<CallMatch>>(required: true)
            .Produces<Verified>()
            .WithProblem(400, "Give exactly one of: exactly, at_least, at_most.")
            .WithProblem<UndecidedProblem>(409, "Calls that the journal does not have could change the result: it evicted them, has no body of them, or records nothing.")
            .WithProblem<VerificationProblem<NearCall>>(422, "The number of matching calls is not the expected one.");
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
        return ControlJson.ToResult(
            new JournalPage([.. found.Entries.TakeLast(limit).Select(ToResource)], journal.Newest, found.Evicted));
    }

    private static IResult FindDeviations(HttpRequest request, string? key, string? workspace, CallJournal journal, AccountRegistry accounts)
    {
        if (ControlRequestReader.ReadWorkspace("", key, workspace, accounts, out var owner) is { } error) return ControlRequestReader.Problem(error);
        if (ReadPage(request.Query, out var since, out var limit) is { } problem) return problem;
        var found = journal.Find(new CallFilter { Workspace = owner?.Value }, since);
        return ControlJson.ToResult(
            new JournalPage([.. found.Entries.Where(entry => entry.Deviations.Count > 0).TakeLast(limit).Select(ToResource)], journal.Newest, found.Evicted));
    }

    private static IResult Clear(string? key, string? workspace, CallJournal journal, AccountRegistry accounts)
    {
        if (ControlRequestReader.ReadWorkspace("", key, workspace, accounts, out var owner) is { } error) return ControlRequestReader.Problem(error);
        journal.Clear(owner);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, CallJournal journal, ApiRoutes routes)
    {
        var (verification, problem) = await context.Request.ReadAsync(JournalJson.Default.VerificationCallMatch);
        if (verification is null) return problem!;
        if ((verification.Validate() ?? Validate("match.", verification.Match, routes)) is { } error) return ControlRequestReader.Problem(error);
        return VerifyResult.Evaluate(journal, ToFilter(verification.Match), verification.ToExpectedCount(), journal.IsEnabled ? null : NotRecorded, "calls", "Journal:Capacity", entry => $"{entry.Method} {entry.Path}", ToNearMiss);
    }

    private static JsonNode ToNearMiss(CallEntry entry, IReadOnlyList<NearDifference> differences) =>
        JsonSerializer.SerializeToNode(new NearCall(entry.Sequence, entry.Method, entry.Path, entry.Status, differences), ControlJson.GetTypeInfo<NearCall>())!;

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

    private static JournalEntry ToResource(CallEntry entry) => new(
        entry.Sequence, entry.At, entry.DurationMs, entry.Method, entry.Path, entry.Query, entry.Route, entry.Operation, entry.KeyPrefix,
        entry.Workspace?.Value, entry.Session, JournalBody.Parse(entry.RequestBody), entry.RequestBodyOmitted, entry.Status, entry.ErrorCode, entry.RetryAfter, entry.Fault, JournalBody.Parse(entry.ResponseBody), entry.Deviations);
}
