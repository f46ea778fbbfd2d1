using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

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
        HttpMethod.Put, Path, new CdpRecordingChange(recording, key), ControlJson.Default.CdpRecordingChange, ControlJson.Default.CdpRecordingAnswer, cancellationToken);

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
            .Add("direction", match.Direction is { } direction ? WireEnumConverter<CdpDirection>.ToWire(direction) : null)
            .Add("kind", match.Kind is { } kind ? WireEnumConverter<CdpMessageKind>.ToWire(kind) : null)
            .Add("cdp_session", match.CdpSession).Add("since", since).Add("limit", limit);
        return _control.GetAsync(Path + query, ControlJson.Default.CdpJournalPage, cancellationToken);
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
        return (await _control.SendAsync(HttpMethod.Post, Path + "/verify", verification, ControlJson.Default.VerificationCdpMatch, ControlJson.Default.Verified, cancellationToken).ConfigureAwait(false)).Count;
    }

    /// <summary>Deletes the recorded messages. What is recorded from now on does not change.</summary>
    /// <param name="workspace">The id of a workspace. Null deletes the messages of all workspaces.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DeleteAsync(string? workspace = null, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync(Path + new QueryStringBuilder().Add("workspace", workspace), cancellationToken);
}

/// <summary>Specifies which parts of CDP messages are recorded.</summary>
[JsonConverter(typeof(WireEnumConverter<CdpRecording>))]
public enum CdpRecording
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>Method, direction, size, session and time.</summary>
    Headers,

    /// <summary>The same as <see cref="Headers"/>, and the content of the messages.</summary>
    Bodies,
}

/// <summary>Specifies the kind of a CDP message.</summary>
[JsonConverter(typeof(WireEnumConverter<CdpMessageKind>))]
public enum CdpMessageKind
{
    /// <summary>A command of the client.</summary>
    Command,

    /// <summary>The successful response to a command.</summary>
    Result,

    /// <summary>The error response to a command.</summary>
    Error,

    /// <summary>An event of the browser.</summary>
    Event,

    /// <summary>A message that is none of these, such as invalid JSON.</summary>
    Unknown,
}

/// <summary>A filter of CDP messages. A message matches if it matches all properties that are set.</summary>
public sealed record CdpMatch
{
    /// <summary>Gets the complete API key of the workspace.</summary>
    public string? Key { get; init; }

    /// <summary>Gets the id of the workspace.</summary>
    public string? Workspace { get; init; }

    /// <summary>Gets the id of the session.</summary>
    public string? Session { get; init; }

    /// <summary>Gets the CDP method, such as <c>Page.navigate</c>. Results and errors have the method of their command.</summary>
    public string? Method { get; init; }

    /// <summary>Gets the direction.</summary>
    public CdpDirection? Direction { get; init; }

    /// <summary>Gets the kind of the message.</summary>
    public CdpMessageKind? Kind { get; init; }

    /// <summary>Gets the CDP <c>sessionId</c> of the message (not the id of an API session).</summary>
    public string? CdpSession { get; init; }

    /// <summary>
    /// Gets the fields that the message must contain, such as <c>{"params":{"url":"about:blank"}}</c>; other fields are ignored. Requires
    /// <see cref="CdpRecording.Bodies"/>.
    /// </summary>
    public JsonObject? Body { get; init; }
}

/// <summary>The result of a query of CDP messages.</summary>
/// <param name="Recording">The parts of the queried messages that are recorded now.</param>
/// <param name="Entries">The messages, oldest first.</param>
/// <param name="Newest">The sequence number of the newest journal entry, API calls included.</param>
/// <param name="Evicted">The number of evicted messages that could have matched. 0 means that the result is complete.</param>
public sealed record CdpJournalPage(CdpRecording Recording, IReadOnlyList<CdpMessage> Entries, long Newest, long Evicted);

/// <summary>A recorded CDP message.</summary>
/// <param name="Sequence">The sequence number. It increases with each journal entry, API calls included.</param>
/// <param name="At">The emulated time at which the message passed.</param>
/// <param name="Direction">The direction.</param>
/// <param name="Kind">The kind of the message.</param>
/// <param name="Method">The CDP method, such as <c>Page.navigate</c>.</param>
/// <param name="Id">The CDP <c>id</c> of a command or its response.</param>
/// <param name="CdpSession">The CDP <c>sessionId</c> (not the id of an API session).</param>
/// <param name="WorkspaceId">The id of the session's workspace.</param>
/// <param name="SessionId">The id of the session, <c>sess_…</c>.</param>
/// <param name="Connection">The number of the CDP connection.</param>
/// <param name="Size">The payload size in bytes.</param>
/// <param name="DurationMs">For a result or an error: real milliseconds since its command.</param>
/// <param name="ErrorMessage">For an error: its message.</param>
/// <param name="Body">The content, if bodies are recorded and it is not too long.</param>
public sealed record CdpMessage(
    long Sequence, DateTimeOffset At, CdpDirection Direction, CdpMessageKind Kind, string? Method, long? Id, string? CdpSession, string? WorkspaceId,
    string SessionId, long Connection, long Size, double? DurationMs, string? ErrorMessage, JsonNode? Body);

internal sealed record CdpRecordingChange(CdpRecording Recording, string? Key);

internal sealed record CdpRecordingAnswer(CdpRecording Recording);
