using ChaserEmu.Browsers;
using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>A ready session and its browser.</summary>
internal sealed record ReadySession(LiveSession Live, IBrowser Browser);

internal static class ReadySessionExtensions
{
    /// <summary>Returns the ready session with an id, or the error to respond with.</summary>
    /// <param name="sessions">The session registry.</param>
    /// <param name="id">The id from the request, not yet validated.</param>
    /// <param name="workspace">The workspace that must own the session; null if the id alone authorizes the request.</param>
    /// <param name="cancellationToken">Canceled when the client disconnects.</param>
    /// <param name="maxWait">How long, in real time, to wait for the browser to start. During the provisioning delay the method returns <c>session_not_ready</c> at once.</param>
    public static async Task<(ReadySession? Session, ApiError? Error)> FindReadyAsync(
        this SessionRegistry sessions, string id, WorkspaceId? workspace, CancellationToken cancellationToken, TimeSpan maxWait = default)
    {
        if (!SessionId.TryParse(id, out var parsed)) return (null, ApiError.SessionNotFound);
        if (sessions.FindLive(parsed) is not { } live)
            return (null, await sessions.FindAsync(parsed, workspace, cancellationToken) is null ? ApiError.SessionNotFound : ApiError.SessionNotOpen);
        if (workspace is not null && live.Workspace != workspace) return (null, ApiError.SessionNotFound);

        if (maxWait > TimeSpan.Zero && live.ProvisioningDelayElapsed.IsCompleted) await WaitForReadyAsync(live.ReadyOrEnded, maxWait, cancellationToken);
        if (live.EndRequested.IsCompleted) return (null, ApiError.SessionNotOpen);
        if (live.Status is not SessionStatus.Ready) return (null, ApiError.SessionNotReady);
        return live.Browser is { } browser ? (new ReadySession(live, browser), null) : (null, ApiError.SessionNotProvisioned);
    }

    private static async Task WaitForReadyAsync(Task readyOrEnded, TimeSpan maxWait, CancellationToken cancellationToken)
    {
        try
        {
            await readyOrEnded.WaitAsync(maxWait, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The session is queued, or its browser hangs: the caller returns session_not_ready.
        }
    }
}
