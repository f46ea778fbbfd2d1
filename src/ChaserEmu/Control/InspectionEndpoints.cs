using ChaserEmu.Domain;
using ChaserEmu.Sessions;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/sessions</c>: inspects the sessions of all workspaces, and ends a session for a given reason.</summary>
internal static class InspectionEndpoints
{
    private static readonly EndedReason[] Reasons = Enum.GetValues<EndedReason>();

    private static readonly SessionStatus[] OpenStatuses = [SessionStatus.Creating, SessionStatus.Ready];

    public static void MapInspection(this RouteGroupBuilder control)
    {
        var sessions = control.MapGroup("/sessions");
        sessions.MapGet("", List).WithQueryParameters("workspace", "status");
        sessions.MapGet("/{id}", GetAsync);
        sessions.MapPost("/{id}/end", EndAsync);
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
        return TypedResults.Json(new SessionInspectionList([.. open]), ControlJson.Readable.SessionInspectionList);
    }

    private static async Task<IResult> GetAsync(string id, SessionRegistry sessions, CancellationToken cancellationToken)
    {
        if (!SessionId.TryParse(id, out var parsed) || await sessions.FindAsync(parsed, workspace: null, cancellationToken) is not { } session) return NotFound(id);
        sessions.TryGetLive(parsed, out var live);
        return TypedResults.Json(Inspect(session, live), ControlJson.Readable.SessionInspection);
    }

    private static async Task<IResult> EndAsync(string id, HttpContext context, SessionRegistry sessions)
    {
        var (request, problem) = await context.Request.ReadAsync(ControlJson.Default.SessionEndRequest);
        if (request is null) return problem!;
        if (Reasons.Where(each => each.ToWire() == request.Reason).ToArray() is not [var reason]) return ControlRequestReader.Problem($"reason must be {ControlRequestReader.JoinWithOr(Reasons.Select(each => each.ToWire()))}.");
        if (!SessionId.TryParse(id, out var parsed) || await sessions.FindAsync(parsed, workspace: null, context.RequestAborted) is null) return NotFound(id);
        return await sessions.EndAsync(parsed, reason) is { } ended
            ? TypedResults.Json(Inspect(ended, null), ControlJson.Readable.SessionInspection)
            : TypedResults.Problem($"{id} has already ended or is ending. GET /_emu/sessions/{id} shows the reason.", statusCode: StatusCodes.Status409Conflict);
    }

    private static IResult NotFound(string id) => TypedResults.Problem($"There is no session {id}.", statusCode: StatusCodes.Status404NotFound);

    private static SessionInspection Inspect(Session session, LiveSession? live) => new(
        session.Id.ToString(),
        session.Workspace.Value,
        session.Status,
        session.TestMode,
        session.EndedReason,
        MeterResource.Of(session.CdpBytes),
        MeterResource.Of(session.EgressBytes),
        session.BilledMicroUsd,
        live?.ConnectionCount ?? 0,
        live?.Browser?.ProcessId,
        live?.NextDeadline,
        session.ProvisionedAt,
        session.ExpiresAt);
}
