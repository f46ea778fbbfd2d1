using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Http;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/sessions</c>: inspects the sessions of all workspaces, and ends a session for a given reason.</summary>
internal static class InspectionEndpoints
{
    private const string ExampleId = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";

    private const string Open = "open";
    private const string Ended = "ended";

    private static readonly string[] Statuses = [.. Enum.GetValues<SessionStatus>().Select(status => status.ToWire()), Open, Ended];
    private static readonly QueryParameter Width = new("width", "The maximum width in pixels.") { Minimum = 16, Maximum = 1280, Default = 160 };
    private static readonly string[] Reasons = [.. Enum.GetValues<EndedReason>().Select(reason => reason.ToWire())];

    public static void MapInspection(this RouteGroupBuilder control)
    {
        var sessions = control.MapGroup("/sessions").WithTags("Sessions");
        sessions.MapGet("", ListAsync)
            .WithName("listAllSessions")
            .WithSummary("List sessions")
            .WithDescription("Returns open and ended sessions of all workspaces, newest first, with details that `/v1` does not return. To get the next page, send `next_cursor` of the previous page as `cursor`.")
            .WithQueryParameters(
                new("workspace", "The id of a workspace."),
                new("status", "The status of the sessions. `open` is `creating` and `ready`; `ended` is `closed` and `error`.") { Values = Statuses },
                new("reason", "The `ended_reason` of the sessions.") { Values = Reasons },
                new("key_id", "The id of the key that created the sessions."),
                Paging.Limit,
                Paging.Cursor)
            .Produces<SessionInspectionList>()
            .WithProblem(400, Paging.Limit.RangeError);
        sessions.MapGet("/{id}", GetAsync)
            .WithName("inspectSession")
            .WithSummary("Inspect a session")
            .WithDescription("Returns details of a session, open or ended, that `/v1` does not return.")
            .Produces<SessionInspection>()
            .WithProblem(404, $"There is no session {ExampleId}.");
        sessions.MapGet("/{id}/requests", ListFailedRequestsAsync)
            .WithName("listFailedRequests")
            .WithSummary("List failed requests")
            .WithDescription($"Returns the failed connections of the session's pages with their real cause, newest first, at most {FailedRequestLog.MaxPerSession}. A page itself sees only that its proxy failed.")
            .Produces<FailedRequestList>()
            .WithProblem(404, $"There is no session {ExampleId}.");
        sessions.MapGet("/{id}/frame", GetFrameAsync)
            .WithName("getFrame")
            .WithSummary("Get a picture of the page")
            .WithDescription("Returns a small JPEG of the session's page, at most one second old. After the session has ended, returns the last picture that was taken. It is not a CDP connection, and its bytes are not counted.")
            .WithQueryParameters(Width)
            .Produces<Stream>(StatusCodes.Status200OK, "image/jpeg")
            .WithProblem(400, Width.RangeError)
            .WithProblem(404, $"There is no picture of {ExampleId}.");
        sessions.MapPost("/{id}/end", EndAsync)
            .WithName("endSession")
            .WithSummary("End a session")
            .WithDescription("Ends a session as the service would for this reason. Returns when its browser, files and connections are gone.")
            .AcceptsJson<EndSessionRequest>(required: true)
            .Produces<SessionInspection>()
            .WithProblem(400, "reason must be client_delete, ttl_expired, idle_expired, abandoned_orphan or substrate_down.")
            .WithProblem(404, $"There is no session {ExampleId}.")
            .WithProblem(409, $"{ExampleId} has already ended or is ending. GET /_emu/sessions/{ExampleId} shows the reason.");
    }

    private static async Task<IResult> ListAsync(HttpContext context, SessionRegistry sessions, AccountRegistry accounts, Inspector inspector)
    {
        var query = context.Request.Query;
        if (ReadFilter(query["workspace"], query["status"], query["reason"], out var filter, out var openStatuses) is { } error) return ControlRequestReader.Problem(error);
        if ((string?)query["key_id"] is { } id)
        {
            if (accounts.FindKey(id) is not { } key) return ControlRequestReader.Problem($"There is no key {id}. The key_id of each session in this list is one.");
            filter = filter with { Workspace = filter.Workspace ?? key.Workspace, KeyId = id };
        }

        if (!Paging.Limit.TryRead(context.Request, out var limit)) return ControlRequestReader.Problem(Paging.Limit.RangeError);
        SessionId? before = null;
        if ((string?)query["cursor"] is { } cursor)
        {
            if (!SessionId.TryParse(cursor, out var last)) return ControlRequestReader.Problem(Paging.InvalidCursor);
            before = last;
        }

        // One extra row shows whether there is a next page.
        var rows = openStatuses is null
            ? await sessions.ListAsync(filter, before, limit + 1, context.RequestAborted)
            : ListOpen(sessions, filter, openStatuses, before, limit + 1);
        return ControlJson.ToResult(new SessionInspectionList(
            [.. rows.Take(limit).Select(row => inspector.Inspect(row, context.Request))],
            rows.Count > limit ? rows[limit - 1].Id.ToString() : null));
    }

    /// <summary>Reads which sessions to list. Returns a validation error, or null.</summary>
    /// <param name="workspace">The id of a workspace, or null.</param>
    /// <param name="status">One of <see cref="Statuses"/>, or null.</param>
    /// <param name="reason">One of <see cref="Reasons"/>, or null.</param>
    /// <param name="filter">The sessions in the database.</param>
    /// <param name="openStatuses">The statuses of open sessions, which are in memory; null to list the database.</param>
    private static string? ReadFilter(string? workspace, string? status, string? reason, out SessionFilter filter, out SessionStatus[]? openStatuses)
    {
        filter = default;
        openStatuses = status switch
        {
            Open => [SessionStatus.Creating, SessionStatus.Ready],
            "creating" => [SessionStatus.Creating],
            "ready" => [SessionStatus.Ready],
            _ => null,
        };
        if ((ControlRequestReader.ValidateWorkspace("", workspace) ?? ControlRequestReader.ValidateName("status", status, Statuses)) is { } error) return error;
        if (!ControlRequestReader.TryParseName<EndedReason>(reason, out var ended)) return $"reason must be one of: {string.Join(", ", Reasons)}.";
        if (reason is not null && status is not (null or Ended or "closed")) return $"reason is of closed sessions only; remove status={status}.";
        filter = new SessionFilter(
            workspace is null ? null : new WorkspaceId(workspace),
            status switch
            {
                Ended => SessionSelection.Ended,
                "closed" => SessionSelection.Closed,
                "error" => SessionSelection.Error,
                _ => SessionSelection.All,
            },
            ended);
        return null;
    }

    private static List<Session> ListOpen(SessionRegistry sessions, SessionFilter filter, SessionStatus[] statuses, SessionId? before, int count) =>
    [
        .. (from live in sessions.Live
            let record = live.Current
            where statuses.Contains(record.Status) && (filter.Workspace is not { } workspace || record.Workspace == workspace) && (filter.KeyId is not { } key || record.KeyId == key) && (before is not { } last || record.Id.CompareTo(last) < 0)
            orderby record.Id descending
            select record).Take(count),
    ];

    private static async Task<IResult> GetAsync(string id, HttpContext context, SessionRegistry sessions, Inspector inspector) =>
        SessionId.TryParse(id, out var parsed) && await sessions.FindAsync(parsed, workspace: null, context.RequestAborted) is { } session
            ? ControlJson.ToResult(inspector.Inspect(session, context.Request))
            : NotFound(id);

    private static async Task<IResult> ListFailedRequestsAsync(string id, HttpContext context, SessionRegistry sessions, FailedRequestLog failed) =>
        SessionId.TryParse(id, out var parsed) && await sessions.FindAsync(parsed, workspace: null, context.RequestAborted) is not null
            ? ControlJson.ToResult(new FailedRequestList([.. failed.Find(parsed).Select(row => new FailedRequest(row.At, row.RealAt, row.Host, row.Port, row.Outcome, row.Cause, row.FaultId))]))
            : NotFound(id);

    private static async Task<IResult> GetFrameAsync(string id, HttpContext context, FrameCache frames)
    {
        if (!Width.TryRead(context.Request, out var width)) return ControlRequestReader.Problem(Width.RangeError);
        if (!SessionId.TryParse(id, out var parsed) || await frames.GetAsync(parsed, width) is not { } jpeg)
            return TypedResults.Problem($"There is no picture of {id}.", statusCode: StatusCodes.Status404NotFound);
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(jpeg, "image/jpeg");
    }

    private static async Task<IResult> EndAsync(string id, HttpContext context, SessionRegistry sessions, Inspector inspector)
    {
        var (request, problem) = await context.Request.ReadAsync(InspectionJson.Default.EndSessionRequest);
        if (request is null) return problem!;
        if (!SessionId.TryParse(id, out var parsed) || await sessions.FindAsync(parsed, workspace: null, context.RequestAborted) is null) return NotFound(id);
        return await sessions.EndAsync(parsed, request.Reason) is { } ended
            ? ControlJson.ToResult(inspector.Inspect(ended, context.Request))
            : TypedResults.Problem($"{id} has already ended or is ending. GET /_emu/sessions/{id} shows the reason.", statusCode: StatusCodes.Status409Conflict);
    }

    private static IResult NotFound(string id) => TypedResults.Problem($"There is no session {id}.", statusCode: StatusCodes.Status404NotFound);
}

/// <summary>Converts sessions to the resources that <c>/_emu</c> returns.</summary>
internal sealed class Inspector(SessionRegistry sessions, AccountRegistry accounts, PublicUrlBuilder address)
{
    public SessionInspection Inspect(Session session, HttpRequest request)
    {
        var live = session.IsTerminal ? null : sessions.FindLive(session.Id);
        var key = accounts.FindKey(session.KeyId);
        return new SessionInspection(
            session.Id.ToString(),
            session.Workspace.Value,
            session.Status,
            session.TestMode,
            session.EndedReason,
            session.CdpBytes.ToResource(),
            session.EgressBytes.ToResource(),
            session.BilledMicroUsd,
            live?.ConnectionCount ?? 0,
            live?.Browser?.ProcessId,
            live?.NextDeadline,
            session.ProvisionedAt,
            session.ExpiresAt)
        {
            KeyId = session.KeyId,
            KeyName = key?.Name,
            KeyPrefix = key?.Prefix,
            Profile = session.Profile,
            Device = session.Device,
            CreatedAt = session.CreatedAt,
            ReadyAt = session.ReadyAt,
            EndedAt = session.EndedAt,
            IdleExpiresAt = live?.IdleDeadline,
            CdpUrl = session.IsTerminal ? null : address.GetCdpUrl(request, session.Id),
        };
    }
}
