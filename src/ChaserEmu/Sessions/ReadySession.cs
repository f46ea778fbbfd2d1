using ChaserEmu.Browsers;
using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>A session that has a browser to connect to.</summary>
internal sealed record ReadySession(LiveSession Live, Browser Browser);

internal static class ReadySessions
{
    /// <summary>The session that an id names, or why there is nothing to connect to.</summary>
    /// <param name="sessions">All sessions.</param>
    /// <param name="id">As the client wrote it.</param>
    /// <param name="workspace">Whose it must be; null where the id is all the authorization.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    public static async Task<(ReadySession? Session, ApiError? Error)> FindReadyAsync(
        this SessionDirectory sessions, string id, WorkspaceId? workspace, CancellationToken cancellationToken)
    {
        if (!SessionId.TryParse(id, out var parsed)) return (null, ApiError.SessionNotFound);
        if (await sessions.FindAsync(parsed, workspace, cancellationToken) is not { } record) return (null, ApiError.SessionNotFound);
        if (!sessions.TryGetLive(parsed, out var live) || live.Ended.IsCompleted) return (null, ApiError.SessionNotOpen);
        if (record.Status is not SessionStatus.Ready) return (null, ApiError.SessionNotReady);
        return live.Browser is { } browser ? (new ReadySession(live, browser), null) : (null, ApiError.SessionNotProvisioned);
    }
}
