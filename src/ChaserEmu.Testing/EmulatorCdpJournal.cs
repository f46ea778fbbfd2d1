using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

/// <summary>The last messages on CDP connections (<c>Journal:CdpCapacity</c>), of those that were to be recorded. None are unless asked for.</summary>
public sealed class EmulatorCdpJournal
{
    private const string Path = "/_emu/journal/cdp";
    private readonly ControlPlaneClient _control;

    internal EmulatorCdpJournal(ControlPlaneClient control) => _control = control;

    /// <summary>From now on so much is recorded.</summary>
    /// <param name="recording">What of the messages.</param>
    /// <param name="key">Of this key's workspace; of everybody's messages unless given.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task RecordAsync(CdpRecording recording, string? key = null, CancellationToken cancellationToken = default) => _control.SendAsync(
        HttpMethod.Put, Path, new CdpRecordingChange(recording, key), ControlJson.Default.CdpRecordingChange, ControlJson.Default.CdpRecordingAnswer, cancellationToken);

    /// <summary>The messages that match, oldest first.</summary>
    /// <param name="match">Which messages; all unless given. <see cref="CdpMatch.Body"/> is for <see cref="VerifyAsync"/> alone.</param>
    /// <param name="since">Only messages after this sequence, which calls and messages share.</param>
    /// <param name="limit">At most so many, the newest of them; 1 to 10,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task<CdpJournalPage> QueryAsync(CdpMatch? match = null, long since = 0, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        match ??= new CdpMatch();
        if (match.Body is not null) throw new ArgumentException("The journal is not queried by body; verify by it, or look at Body of what a query finds.", nameof(match));
        var query = new QueryStringBuilder()
            .Add("key", match.Key).Add("workspace", match.Workspace).Add("session", match.Session).Add("method", match.Method)
            .Add("direction", match.Direction is { } direction ? WireEnumConverter<CdpDirection>.ToWire(direction) : null)
            .Add("kind", match.Kind is { } kind ? WireEnumConverter<CdpMessageKind>.ToWire(kind) : null)
            .Add("cdp_session", match.CdpSession).Add("since", since).Add("limit", limit);
        return _control.GetAsync(Path + query, ControlJson.Default.CdpJournalPage, cancellationToken);
    }

    /// <summary>Checks how often messages passed; give one of the three numbers.</summary>
    /// <param name="match">Which messages.</param>
    /// <param name="exactly">So often.</param>
    /// <param name="atLeast">So often or more.</param>
    /// <param name="atMost">So often or less.</param>
    /// <param name="since">Only messages after this sequence.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How often they passed.</returns>
    /// <exception cref="JournalVerificationException">They passed more or less often: says how often, and shows the closest messages and what differed.</exception>
    /// <exception cref="ChaserEmulatorException">409: it cannot be told, since nothing was recorded, or messages that it would need are forgotten for want of room.</exception>
    public async Task<int> VerifyAsync(
        CdpMatch match, int? exactly = null, int? atLeast = null, int? atMost = null, long since = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        var asked = new Verification<CdpMatch>(match, exactly, atLeast, atMost, since);
        return (await _control.SendAsync(HttpMethod.Post, Path + "/verify", asked, ControlJson.Default.VerificationCdpMatch, ControlJson.Default.Verified, cancellationToken).ConfigureAwait(false)).Count;
    }

    /// <summary>Forgets all messages; what is to be recorded stays.</summary>
    /// <param name="workspace">Of this workspace only.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task DeleteAsync(string? workspace = null, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync(Path + new QueryStringBuilder().Add("workspace", workspace), cancellationToken);
}

/// <summary>What of CDP messages is recorded.</summary>
[JsonConverter(typeof(WireEnumConverter<CdpRecording>))]
public enum CdpRecording
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>Method, direction, size, session and time.</summary>
    Headers,

    /// <summary>That, and the messages themselves.</summary>
    Bodies,
}

/// <summary>What a CDP message is.</summary>
[JsonConverter(typeof(WireEnumConverter<CdpMessageKind>))]
public enum CdpMessageKind
{
    /// <summary>A client's.</summary>
    Command,

    /// <summary>The answer to a command.</summary>
    Result,

    /// <summary>The refusal of a command.</summary>
    Error,

    /// <summary>What a browser says unasked.</summary>
    Event,

    /// <summary>None of them.</summary>
    Unknown,
}

/// <summary>Which CDP messages are meant; what is left out is not asked.</summary>
public sealed record CdpMatch
{
    /// <summary>A whole key, for its workspace.</summary>
    public string? Key { get; init; }

    /// <summary>The id of a workspace.</summary>
    public string? Workspace { get; init; }

    /// <summary>The id of a session.</summary>
    public string? Session { get; init; }

    /// <summary>Such as <c>Page.navigate</c>; results and errors have that of their command.</summary>
    public string? Method { get; init; }

    /// <summary>Which way it went.</summary>
    public CdpDirection? Direction { get; init; }

    /// <summary>What it is.</summary>
    public CdpMessageKind? Kind { get; init; }

    /// <summary>CDP's own <c>sessionId</c>.</summary>
    public string? CdpSession { get; init; }

    /// <summary>Fields that the message must have, whatever else it has, such as <c>{"params":{"url":"about:blank"}}</c>; wants <see cref="CdpRecording.Bodies"/>.</summary>
    public JsonObject? Body { get; init; }
}

/// <summary>CDP messages that a query found.</summary>
/// <param name="Recording">What is recorded of the messages that were asked for.</param>
/// <param name="Entries">Oldest first.</param>
/// <param name="Newest">The sequence of the newest entry of the journal, calls included.</param>
/// <param name="Evicted">Messages that may have been meant and are forgotten for want of room.</param>
public sealed record CdpJournalPage(CdpRecording Recording, IReadOnlyList<CdpMessage> Entries, long Newest, long Evicted);

/// <summary>A CDP message as it passed.</summary>
/// <param name="Sequence">Rises with each entry of the journal, calls included.</param>
/// <param name="At">When it passed, in emulated time.</param>
/// <param name="Direction">Which way it went.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Method">Such as <c>Page.navigate</c>.</param>
/// <param name="Id">Of a command and its answer.</param>
/// <param name="CdpSession">CDP's own <c>sessionId</c>.</param>
/// <param name="WorkspaceId">Whose session it is.</param>
/// <param name="SessionId"><c>sess_…</c></param>
/// <param name="Connection">Which CDP connection.</param>
/// <param name="Size">Of its payload, in bytes.</param>
/// <param name="DurationMs">Of an answer: real milliseconds since its command.</param>
/// <param name="ErrorMessage">Of an error.</param>
/// <param name="Body">The message, when bodies are recorded and it is not too long.</param>
public sealed record CdpMessage(
    long Sequence, DateTimeOffset At, CdpDirection Direction, CdpMessageKind Kind, string? Method, long? Id, string? CdpSession, string? WorkspaceId,
    string SessionId, long Connection, long Size, double? DurationMs, string? ErrorMessage, JsonNode? Body);

internal sealed record CdpRecordingChange(CdpRecording Recording, string? Key);

internal sealed record CdpRecordingAnswer(CdpRecording Recording);
