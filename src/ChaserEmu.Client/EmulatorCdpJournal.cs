namespace ChaserEmu.Client;

/// <summary>
/// Records, lists and verifies the messages on CDP connections. Recording is off until <see cref="RecordAsync"/> turns it on.
/// </summary>
/// <remarks>The journal keeps the newest messages, at most <c>Journal:CdpCapacity</c> of them, and evicts older ones.</remarks>
public sealed class EmulatorCdpJournal
{
    private const string Path = "/_emu/journal/cdp";
    private readonly ControlPlaneClient _control;

    internal EmulatorCdpJournal(ControlPlaneClient control) => _control = control;

    /// <summary>Sets what is recorded from now on.</summary>
    /// <param name="recording">The parts of each message to record.</param>
    /// <param name="key">The complete API key of the workspace to record. Null records all workspaces.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task RecordAsync(CdpRecording recording, string? key = null, CancellationToken cancellationToken = default) => _control.SendAsync(
        HttpMethod.Put, Path, new CdpRecordingRequest(recording, key), CdpJournalJson.Default.CdpRecordingRequest, CdpJournalJson.Default.CdpRecordingResource, cancellationToken);

    /// <summary>Returns the recorded messages that match, oldest first.</summary>
    /// <param name="match">The filter. Null matches all messages. <see cref="CdpMatch.Body"/> works with <see cref="VerifyAsync"/> only.</param>
    /// <param name="since">Returns only messages with a greater sequence number. API calls and messages share one sequence.</param>
    /// <param name="limit">The maximum number of messages, 1 to 10,000. If more match, the newest are returned.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException"><see cref="CdpMatch.Body"/> is set.</exception>
    public Task<CdpJournalPage> QueryAsync(CdpMatch? match = null, long since = 0, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        match ??= new CdpMatch();
        if (match.Body is not null) throw new ArgumentException("A query cannot filter by Body. Use VerifyAsync, or compare Body of the returned messages.", nameof(match));
        var query = new QueryStringBuilder()
            .Add("key", match.Key).Add("workspace", match.Workspace).Add("session", match.Session).Add("method", match.Method)
            .Add("direction", match.Direction?.ToWire())
            .Add("kind", match.Kind?.ToWire())
            .Add("cdp_session", match.CdpSession).Add("since", since).Add("limit", limit);
        return _control.GetAsync(Path + query, CdpJournalJson.Default.CdpJournalPage, cancellationToken);
    }

    /// <summary>Verifies the number of recorded messages. Pass exactly one of <paramref name="exactly"/>, <paramref name="atLeast"/> and <paramref name="atMost"/>.</summary>
    /// <param name="match">The filter.</param>
    /// <param name="exactly">The expected number.</param>
    /// <param name="atLeast">The expected minimum.</param>
    /// <param name="atMost">The expected maximum.</param>
    /// <param name="since">Counts only messages with a greater sequence number.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The number of messages that matched.</returns>
    /// <exception cref="JournalVerificationException">The number is different. The message shows the closest messages and their differences.</exception>
    /// <exception cref="ChaserEmulatorException">409: the journal cannot verify, because it recorded nothing or evicted messages that could match.</exception>
    public async Task<int> VerifyAsync(
        CdpMatch match, int? exactly = null, int? atLeast = null, int? atMost = null, long since = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        var verification = new Verification<CdpMatch>(match, exactly, atLeast, atMost, since);
        return (await _control.SendAsync(HttpMethod.Post, Path + "/verify", verification, CdpJournalJson.Default.VerificationCdpMatch, CdpJournalJson.Default.Verified, cancellationToken).ConfigureAwait(false)).Count;
    }

    /// <summary>Deletes the recorded messages. What is recorded from now on does not change.</summary>
    /// <param name="workspace">The id of a workspace. Null deletes the messages of all workspaces.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DeleteAsync(string? workspace = null, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync(Path + new QueryStringBuilder().Add("workspace", workspace), cancellationToken);
}
