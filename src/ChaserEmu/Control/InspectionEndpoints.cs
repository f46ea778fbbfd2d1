using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/sessions</c>: inspects the sessions of all workspaces, and ends a session for a given reason.</summary>
internal static class InspectionEndpoints
{
    private const string ExampleId = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";

    private static readonly SessionStatus[] OpenStatuses = [SessionStatus.Creating, SessionStatus.Ready];

    public static void MapInspection(this RouteGroupBuilder control)
    {
        var sessions = control.MapGroup("/sessions").WithTags("Sessions");
        sessions.MapGet("", List)
            .WithName("listOpenSessions")
            .WithSummary("List the open sessions")
            .WithDescription("Returns the open sessions of all workspaces, oldest first, with details that `/v1` does not return.")
            .WithQueryParameters(new("workspace", "The id of a workspace."), new("status", "The status of the sessions.") { Values = [.. OpenStatuses.Select(status => status.ToWire())] })
            .Produces<SessionInspectionList>();
        sessions.MapGet("/{id}", GetAsync)
            .WithName("inspectSession")
            .WithSummary("Inspect a session")
            .WithDescription("Returns details of a session, open or ended, that `/v1` does not return.")
            .Produces<SessionInspection>()
            .WithProblem(404, $"There is no session {ExampleId}.");
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

    private static IResult List(string? workspace, string? status, SessionRegistry sessions)
    {
        if (ControlRequestReader.ValidateWorkspace("", workspace) is { } error) return ControlRequestReader.Problem(error);
        if (status is not null && !OpenStatuses.Any(open => open.ToWire() == status))
            return ControlRequestReader.Problem($"status must be {ControlRequestReader.JoinWithOr(OpenStatuses.Select(open => open.ToWire()))}. Only open sessions are listed here; GET /v1/sessions also lists ended sessions.");

        var open = from live in sessions.Live
                   let record = live.Current
                   where !record.IsTerminal && (workspace is null || record.Workspace.Value == workspace) && (status is null || record.Status.ToWire() == status)
                   orderby record.Id
                   select Inspect(record, live);
        return ControlJson.ToResult(new SessionInspectionList([.. open]));
    }

    private static async Task<IResult> GetAsync(string id, SessionRegistry sessions, CancellationToken cancellationToken)
    {
        if (!SessionId.TryParse(id, out var parsed) || await sessions.FindAsync(parsed, workspace: null, cancellationToken) is not { } session) return NotFound(id);
        sessions.TryGetLive(parsed, out var live);
        return ControlJson.ToResult(Inspect(session, live));
    }

    private static async Task<IResult> EndAsync(string id, HttpContext context, SessionRegistry sessions)
    {
        var (request, problem) = await context.Request.ReadAsync(InspectionJson.Default.EndSessionRequest);
        if (request is null) return problem!;
        if (!SessionId.TryParse(id, out var parsed) || await sessions.FindAsync(parsed, workspace: null, context.RequestAborted) is null) return NotFound(id);
        return await sessions.EndAsync(parsed, request.Reason) is { } ended
            ? ControlJson.ToResult(Inspect(ended, null))
            : TypedResults.Problem($"{id} has already ended or is ending. GET /_emu/sessions/{id} shows the reason.", statusCode: StatusCodes.Status409Conflict);
    }

    private static IResult NotFound(string id) => TypedResults.Problem($"There is no session {id}.", statusCode: StatusCodes.Status404NotFound);

    private static SessionInspection Inspect(Session session, LiveSession? live) => new(
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
        session.ExpiresAt);
}
