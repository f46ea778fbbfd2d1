namespace ChaserEmu.Client;

/// <summary>Inspects and ends the sessions of all workspaces.</summary>
public sealed class EmulatorSessions
{
    private const string Path = "/_emu/sessions";
    private readonly ControlPlaneClient _control;

    internal EmulatorSessions(ControlPlaneClient control) => _control = control;

    /// <summary>Returns sessions, oldest first.</summary>
    /// <param name="workspace">The id of a workspace. Null returns the sessions of all workspaces.</param>
    /// <param name="status">The status of the sessions. Null returns the open ones.</param>
    /// <param name="keyId">The id of the key that created the sessions. Null returns the sessions of all keys.</param>
    /// <param name="includeEnded">Whether to return ended sessions, too, if <paramref name="status"/> is null.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<IReadOnlyList<SessionInspection>> ListAsync(
        string? workspace = null, SessionStatus? status = null, string? keyId = null, bool includeEnded = false, CancellationToken cancellationToken = default)
    {
        var newestFirst = new List<SessionInspection>();
        string? cursor = null;
        do
        {
            var query = new QueryStringBuilder().Add("workspace", workspace).Add("status", status is { } value ? value.ToWire() : includeEnded ? null : "open").Add("key_id", keyId).Add("limit", "500").Add("cursor", cursor);
            var page = await _control.GetAsync(Path + query, InspectionJson.Default.SessionInspectionList, cancellationToken).ConfigureAwait(false);
            newestFirst.AddRange(page.Sessions);
            cursor = page.NextCursor;
        }
        while (cursor is not null);

        newestFirst.Reverse();
        return newestFirst;
    }

    /// <summary>Returns the internal state of a session, open or ended.</summary>
    /// <exception cref="ChaserEmulatorException">404: the session does not exist.</exception>
    public Task<SessionInspection> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _control.GetAsync($"{Path}/{Uri.EscapeDataString(id)}", InspectionJson.Default.SessionInspection, cancellationToken);

    /// <summary>Returns the failed connections of the session's pages with their cause, newest first, at most 100.</summary>
    /// <exception cref="ChaserEmulatorException">404: the session does not exist.</exception>
    public async Task<IReadOnlyList<FailedRequest>> GetFailedRequestsAsync(string id, CancellationToken cancellationToken = default) =>
        (await _control.GetAsync($"{Path}/{Uri.EscapeDataString(id)}/requests", FailedRequestsJson.Default.FailedRequestList, cancellationToken).ConfigureAwait(false)).Requests;

    /// <summary>Returns a JPEG of the session's page, at most 1 s old. After the end of the session, the last one that was taken.</summary>
    /// <param name="id">The id of the session.</param>
    /// <param name="width">The width in pixels, 16 to 1280. Null for 160.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ChaserEmulatorException">404: there is no picture. 400: the width is out of range.</exception>
    public Task<byte[]> GetFrameAsync(string id, int? width = null, CancellationToken cancellationToken = default) =>
        _control.GetBytesAsync($"{Path}/{Uri.EscapeDataString(id)}/frame{new QueryStringBuilder().Add("width", width)}", cancellationToken);

    /// <summary>Ends a session as the service would for this reason. Returns when its browser, files and connections are gone.</summary>
    /// <exception cref="ChaserEmulatorException">404: the session does not exist. 409: the session has already ended.</exception>
    public Task<SessionInspection> EndAsync(string id, EndedReason reason, CancellationToken cancellationToken = default) => _control.SendAsync(
        HttpMethod.Post, $"{Path}/{Uri.EscapeDataString(id)}/end", new EndSessionRequest(reason), InspectionJson.Default.EndSessionRequest, InspectionJson.Default.SessionInspection, cancellationToken);
}
