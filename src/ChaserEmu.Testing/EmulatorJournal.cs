using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

/// <summary>The last calls of the API (<c>Journal:Capacity</c>, 10,000 by default), with their bodies and without any secret.</summary>
public sealed class EmulatorJournal
{
    private const string Path = "/_emu/journal";
    private readonly ControlPlaneClient _control;

    internal EmulatorJournal(ControlPlaneClient control)
    {
        _control = control;
        Cdp = new EmulatorCdpJournal(control);
    }

    /// <summary>The messages on CDP connections, when a test has asked for them.</summary>
    public EmulatorCdpJournal Cdp { get; }

    /// <summary>The calls that match, oldest first.</summary>
    /// <param name="match">Which calls; all unless given. <see cref="CallMatch.Body"/> is for <see cref="VerifyAsync"/> alone.</param>
    /// <param name="since">Only calls after this sequence, such as <see cref="JournalPage.Newest"/> of an earlier look.</param>
    /// <param name="limit">At most so many, the newest of them; 1 to 10,000.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task<JournalPage> QueryAsync(CallMatch? match = null, long since = 0, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        match ??= new CallMatch();
        if (match.Body is not null) throw new ArgumentException("The journal is not queried by body; verify by it, or look at RequestBody of what a query finds.", nameof(match));
        var query = new QueryStringBuilder()
            .Add("key", match.Key).Add("workspace", match.Workspace).Add("session", match.Session)
            .Add("method", match.Method).Add("path", match.Path).Add("route", match.Route).Add("operation", match.Operation)
            .Add("status", match.Status).Add("error_code", match.ErrorCode).Add("since", since).Add("limit", limit);
        return _control.GetAsync(Path + query, ControlJson.Default.JournalPage, cancellationToken);
    }

    /// <summary>Checks how often calls were made; give one of the three numbers.</summary>
    /// <param name="match">Which calls.</param>
    /// <param name="exactly">So often.</param>
    /// <param name="atLeast">So often or more.</param>
    /// <param name="atMost">So often or less.</param>
    /// <param name="since">Only calls after this sequence.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How often they were made.</returns>
    /// <exception cref="JournalVerificationException">They were made more or less often: says how often, and shows the closest calls and what differed.</exception>
    /// <exception cref="ChaserEmulatorException">409: it cannot be told, since calls that it would need are forgotten for want of room.</exception>
    public async Task<int> VerifyAsync(
        CallMatch match, int? exactly = null, int? atLeast = null, int? atMost = null, long since = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        var asked = new Verification<CallMatch>(match, exactly, atLeast, atMost, since);
        return (await _control.SendAsync(HttpMethod.Post, Path + "/verify", asked, ControlJson.Default.VerificationCallMatch, ControlJson.Default.Verified, cancellationToken).ConfigureAwait(false)).Count;
    }

    /// <summary>Forgets all calls.</summary>
    /// <param name="workspace">Of this workspace only.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task DeleteAsync(string? workspace = null, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync(Path + new QueryStringBuilder().Add("workspace", workspace), cancellationToken);
}

/// <summary>Which calls are meant; what is left out is not asked.</summary>
public sealed record CallMatch
{
    /// <summary>A whole key: the calls made with it.</summary>
    public string? Key { get; init; }

    /// <summary>The id of a workspace.</summary>
    public string? Workspace { get; init; }

    /// <summary>The id of the session that the path names, or that was made.</summary>
    public string? Session { get; init; }

    /// <summary>Such as <c>POST</c>.</summary>
    public string? Method { get; init; }

    /// <summary>Such as <c>/v1/sessions</c>, without its query.</summary>
    public string? Path { get; init; }

    /// <summary>As in openapi.yaml, such as <c>/v1/sessions/{id}</c>.</summary>
    public string? Route { get; init; }

    /// <summary>The operationId of openapi.yaml, such as <c>createSession</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>Of the answer; 0 for a call whose connection ended before there was one.</summary>
    public int? Status { get; init; }

    /// <summary>Of the answer's error envelope, such as <c>rate_limited</c>.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>Fields that the request's body must have with these values, whatever else it has.</summary>
    public JsonObject? Body { get; init; }
}

/// <summary>Calls that a query found.</summary>
/// <param name="Entries">Oldest first.</param>
/// <param name="Newest">The sequence of the newest call of all: what <c>since</c> takes to see only later ones.</param>
/// <param name="Evicted">Calls that may have been meant and are forgotten for want of room; 0 says that nothing is missing.</param>
public sealed record JournalPage(IReadOnlyList<JournalEntry> Entries, long Newest, long Evicted);

/// <summary>One call of the API.</summary>
public sealed record JournalEntry
{
    /// <summary>Rises with each entry; 1 is the first.</summary>
    public required long Sequence { get; init; }

    /// <summary>When it came, in emulated time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Until its answer began, in real milliseconds.</summary>
    public required double DurationMs { get; init; }

    /// <summary>Such as <c>POST</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Such as <c>/v1/sessions</c>.</summary>
    public required string Path { get; init; }

    /// <summary>With its question mark; empty without one.</summary>
    public required string Query { get; init; }

    /// <summary>As in openapi.yaml; null when there is no such route.</summary>
    public string? Route { get; init; }

    /// <summary>The operationId.</summary>
    public string? Operation { get; init; }

    /// <summary>What may be shown of the key; null without one that was let in.</summary>
    public string? KeyPrefix { get; init; }

    /// <summary>Whose call it was.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>The session that the path names, or that was made.</summary>
    public string? SessionId { get; init; }

    /// <summary>The request's body, when it was JSON of at most 16 KiB; secrets in it are blotted out.</summary>
    public JsonNode? RequestBody { get; init; }

    /// <summary>Whether there was a body that was not kept.</summary>
    public bool RequestBodyOmitted { get; init; }

    /// <summary>Of the answer; 0 when the connection ended before there was one.</summary>
    public required int Status { get; init; }

    /// <summary>Of the error envelope.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The answer's <c>Retry-After</c>, in seconds.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>The id of the fault that made the answer, or changed it.</summary>
    public string? Fault { get; init; }

    /// <summary>The answer's body, as <see cref="RequestBody"/>.</summary>
    public JsonNode? ResponseBody { get; init; }
}

/// <summary>A call or message that was nearly one of those meant.</summary>
/// <param name="Sequence">Its sequence in the journal.</param>
/// <param name="What">For people, such as <c>POST /v1/sessions → 201</c> or <c>command Page.navigate</c>.</param>
/// <param name="Differences">What kept it from matching.</param>
public sealed record NearMiss(long Sequence, string What, IReadOnlyList<NearDifference> Differences)
{
    /// <summary>On one line, for people.</summary>
    public override string ToString() => $"#{Sequence} {What}: {string.Join(", ", Differences)}";
}

/// <summary>How a call or message differs from what was looked for.</summary>
/// <param name="Field">Such as <c>operation</c>, or <c>body.ttl_seconds</c>.</param>
/// <param name="Expected">What was looked for.</param>
/// <param name="Actual">What there was; null when there was nothing.</param>
public sealed record NearDifference(string Field, string Expected, string? Actual)
{
    /// <summary>For people.</summary>
    public override string ToString() => $"{Field} was {Actual ?? "missing"} and not {Expected}";
}

/// <summary>A near miss as the server writes it: a call has a path and a status, a message a kind.</summary>
internal sealed record NearEntry(long Sequence, string? Method, string? Path, int? Status, string? Kind, IReadOnlyList<NearDifference> Differences)
{
    public NearMiss ToNearMiss() => new(Sequence, Kind is null ? $"{Method} {Path} → {Status}" : $"{Kind} {Method}".TrimEnd(), Differences);
}

internal sealed record Verification<TMatch>(TMatch Match, int? Exactly, int? AtLeast, int? AtMost, long Since);

internal sealed record Verified([property: JsonPropertyName("verified")] bool IsVerified, int Count);

/// <summary>The query of an address; what is null is left out.</summary>
internal sealed class QueryStringBuilder
{
    private readonly StringBuilder _text = new();

    public QueryStringBuilder Add(string name, object? value)
    {
        if (value is not null) _text.Append(CultureInfo.InvariantCulture, $"{(_text.Length == 0 ? '?' : '&')}{name}={Uri.EscapeDataString(Convert.ToString(value, CultureInfo.InvariantCulture)!)}");
        return this;
    }

    public override string ToString() => _text.ToString();
}
