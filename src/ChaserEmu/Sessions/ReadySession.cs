using ChaserEmu.Browsers;
using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>A session that has a browser to connect to.</summary>
internal sealed record ReadySession(LiveSession Live, Browser Browser);

internal static class ReadySessionExtensions
{
    /// <summary>The session that an id names, or why there is nothing to connect to.</summary>
    /// <param name="sessions">All sessions.</param>
    /// <param name="id">As the client wrote it.</param>
    /// <param name="workspace">Whose it must be; null where the id is all the authorization.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    /// <param name="patience">How long, in real time, to hold a client whose session only waits for its browser to start. Within the provisioning delay it is told at once.</param>
    public static async Task<(ReadySession? Session, ApiError? Error)> FindReadyAsync(
        this SessionRegistry sessions, string id, WorkspaceId? workspace, CancellationToken cancellationToken, TimeSpan patience = default)
    {
        if (!SessionId.TryParse(id, out var parsed)) return (null, ApiError.SessionNotFound);
        if (!sessions.TryGetLive(parsed, out var live))
            return (null, await sessions.FindAsync(parsed, workspace, cancellationToken) is null ? ApiError.SessionNotFound : ApiError.SessionNotOpen);
        if (workspace is not null && live.Workspace != workspace) return (null, ApiError.SessionNotFound);

        if (patience > TimeSpan.Zero && live.ProvisioningDelayElapsed.IsCompleted) await HoldAsync(live.ReadyOrEnded, patience, cancellationToken);
        if (live.EndRequested.IsCompleted) return (null, ApiError.SessionNotOpen);
        if (live.Status is not SessionStatus.Ready) return (null, ApiError.SessionNotReady);
        return live.Browser is { } browser ? (new ReadySession(live, browser), null) : (null, ApiError.SessionNotProvisioned);
    }

    private static async Task HoldAsync(Task created, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await created.WaitAsync(patience, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // It stands in line for a browser, or its browser hangs: not ready.
        }
    }
}
