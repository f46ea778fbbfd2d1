using ChaserEmu.Domain;
using ChaserEmu.Sessions;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/sessions/{id}</c>: the inside of a session of any workspace.</summary>
internal static class InspectionEndpoints
{
    public static void MapInspection(this RouteGroupBuilder control) => control.MapGet("/sessions/{id}", GetAsync);

    private static async Task<IResult> GetAsync(string id, SessionDirectory sessions, CancellationToken cancellationToken)
    {
        if (!SessionId.TryParse(id, out var parsed) || await sessions.FindAsync(parsed, workspace: null, cancellationToken) is not { } session)
            return TypedResults.Problem($"There is no session {id}.", statusCode: StatusCodes.Status404NotFound);

        sessions.TryGetLive(parsed, out var live);
        return TypedResults.Json(
            new SessionInspection(
                session.Id.ToString(),
                session.Workspace.Value,
                session.Status,
                session.TestMode,
                session.EndedReason,
                MeterResource.Of(session.CdpBytes),
                MeterResource.Of(session.EgressBytes),
                session.BilledMicroUsd,
                live?.Connections ?? 0,
                live?.Browser?.ProcessId,
                live?.NextDue,
                session.ProvisionedAt,
                session.ExpiresAt),
            ControlJson.Default.SessionInspection);
    }
}
