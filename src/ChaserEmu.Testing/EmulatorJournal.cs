using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

/// <summary>Lists and verifies the recorded API calls, with their bodies. Secrets are redacted.</summary>
/// <remarks>The journal keeps the newest calls, at most <c>Journal:Capacity</c> (default 10,000), and evicts older ones.</remarks>
public sealed class EmulatorJournal
{
    private const string Path = "/_emu/journal";
    private readonly ControlPlaneClient _control;

    internal EmulatorJournal(ControlPlaneClient control)
    {
        _control = control;
        Cdp = new EmulatorCdpJournal(control);
    }

    /// <summary>Gets the journal of messages on CDP connections. Recording is off by default.</summary>
    public EmulatorCdpJournal Cdp { get; }

    /// <summary>Returns the recorded calls that match, oldest first.</summary>
    /// <param name="match">The filter. Null matches all calls. <see cref="CallMatch.Body"/> works with <see cref="VerifyAsync"/> only.</param>
    /// <param name="since">Returns only calls with a greater sequence number, such as <see cref="JournalPage.Newest"/> of an earlier query.</param>
    /// <param name="limit">The maximum number of calls, 1 to 10,000. If more match, the newest are returned.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ArgumentException"><see cref="CallMatch.Body"/> is set.</exception>
    public Task<JournalPage> QueryAsync(CallMatch? match = null, long since = 0, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        match ??= new CallMatch();
        if (match.Body is not null) throw new ArgumentException("A query cannot filter by Body. Use VerifyAsync, or compare RequestBody of the returned entries.", nameof(match));
        var query = new QueryStringBuilder()
            .Add("key", match.Key).Add("workspace", match.Workspace).Add("session", match.Session)
            .Add("method", match.Method).Add("path", match.Path).Add("route", match.Route).Add("operation", match.Operation)
            .Add("status", match.Status).Add("error_code", match.ErrorCode).Add("since", since).Add("limit", limit);
        return _control.GetAsync(Path + query, ControlJson.Default.JournalPage, cancellationToken);
    }

    /// <summary>Verifies the number of recorded calls. Pass exactly one of <paramref name="exactly"/>, <paramref name="atLeast"/> and <paramref name="atMost"/>.</summary>
    /// <param name="match">The filter.</param>
    /// <param name="exactly">The expected number.</param>
    /// <param name="atLeast">The expected minimum.</param>
    /// <param name="atMost">The expected maximum.</param>
    /// <param name="since">Counts only calls with a greater sequence number.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>The number of calls that matched.</returns>
    /// <exception cref="JournalVerificationException">The number is different. The message shows the closest calls and their differences.</exception>
    /// <exception cref="ChaserEmulatorException">409: the journal cannot verify, because it evicted calls that could match.</exception>
    public async Task<int> VerifyAsync(
        CallMatch match, int? exactly = null, int? atLeast = null, int? atMost = null, long since = 0, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        var verification = new Verification<CallMatch>(match, exactly, atLeast, atMost, since);
        return (await _control.SendAsync(HttpMethod.Post, Path + "/verify", verification, ControlJson.Default.VerificationCallMatch, ControlJson.Default.Verified, cancellationToken).ConfigureAwait(false)).Count;
    }

    /// <summary>Deletes the recorded calls.</summary>
    /// <param name="workspace">The id of a workspace. Null deletes the calls of all workspaces.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DeleteAsync(string? workspace = null, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync(Path + new QueryStringBuilder().Add("workspace", workspace), cancellationToken);
}

/// <summary>A filter of API calls. A call matches if it matches all properties that are set.</summary>
public sealed record CallMatch
{
    /// <summary>Gets the complete API key that the call was made with.</summary>
    public string? Key { get; init; }

    /// <summary>Gets the id of the workspace.</summary>
    public string? Workspace { get; init; }

    /// <summary>Gets the id of the session that is in the path or that the call created.</summary>
    public string? Session { get; init; }

    /// <summary>Gets the HTTP method, such as <c>POST</c>.</summary>
    public string? Method { get; init; }

    /// <summary>Gets the path without the query string, such as <c>/v1/sessions</c>.</summary>
    public string? Path { get; init; }

    /// <summary>Gets the route as in openapi.yaml, such as <c>/v1/sessions/{id}</c>.</summary>
    public string? Route { get; init; }

    /// <summary>Gets the operationId of openapi.yaml, such as <c>createSession</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>Gets the HTTP status of the response. 0 means that the connection ended before the response.</summary>
    public int? Status { get; init; }

    /// <summary>Gets the error code of the response, such as <c>rate_limited</c>.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>Gets the fields that the request body must contain with these values; other fields are ignored.</summary>
    public JsonObject? Body { get; init; }
}

/// <summary>The result of a query of API calls.</summary>
/// <param name="Entries">The calls, oldest first.</param>
/// <param name="Newest">The sequence number of the newest journal entry. Pass it as <c>since</c> to get only later ones.</param>
/// <param name="Evicted">The number of evicted calls that could have matched. 0 means that the result is complete.</param>
public sealed record JournalPage(IReadOnlyList<JournalEntry> Entries, long Newest, long Evicted);

/// <summary>A recorded API call.</summary>
public sealed record JournalEntry
{
    /// <summary>Gets the sequence number. It starts at 1 and increases with each journal entry.</summary>
    public required long Sequence { get; init; }

    /// <summary>Gets the emulated time at which the request arrived.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Gets the real milliseconds until the response started.</summary>
    public required double DurationMs { get; init; }

    /// <summary>Gets the HTTP method, such as <c>POST</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Gets the path, such as <c>/v1/sessions</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Gets the query string with its question mark. Empty if there is none.</summary>
    public required string Query { get; init; }

    /// <summary>Gets the route as in openapi.yaml. Null if no route matches.</summary>
    public string? Route { get; init; }

    /// <summary>Gets the operationId of openapi.yaml.</summary>
    public string? Operation { get; init; }

    /// <summary>Gets the prefix of the API key. Null if no valid key was sent.</summary>
    public string? KeyPrefix { get; init; }

    /// <summary>Gets the id of the caller's workspace.</summary>
    public string? WorkspaceId { get; init; }

    /// <summary>Gets the id of the session that is in the path or that the call created.</summary>
    public string? SessionId { get; init; }

    /// <summary>Gets the request body if it was JSON of at most 16 KiB. Secrets in it are redacted.</summary>
    public JsonNode? RequestBody { get; init; }

    /// <summary>Gets whether the request had a body that was not recorded.</summary>
    public bool RequestBodyOmitted { get; init; }

    /// <summary>Gets the HTTP status of the response. 0 if the connection ended before the response.</summary>
    public required int Status { get; init; }

    /// <summary>Gets the error code of the response.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>Gets the <c>Retry-After</c> header of the response, in seconds.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>Gets the id of the fault rule that produced or changed the response.</summary>
    public string? Fault { get; init; }

    /// <summary>Gets the response body, with the same limits as <see cref="RequestBody"/>.</summary>
    public JsonNode? ResponseBody { get; init; }
}

/// <summary>A call or message that nearly matched.</summary>
/// <param name="Sequence">The sequence number in the journal.</param>
/// <param name="What">A description, such as <c>POST /v1/sessions → 201</c> or <c>command Page.navigate</c>.</param>
/// <param name="Differences">The fields that did not match.</param>
public sealed record NearMiss(long Sequence, string What, IReadOnlyList<NearDifference> Differences)
{
    /// <summary>Returns a one-line description.</summary>
    public override string ToString() => $"#{Sequence} {What}: {string.Join(", ", Differences)}";
}

/// <summary>A field that did not match.</summary>
/// <param name="Field">The name of the field, such as <c>operation</c> or <c>body.ttl_seconds</c>.</param>
/// <param name="Expected">The value of the filter.</param>
/// <param name="Actual">The value of the call or message. Null if the field is missing.</param>
public sealed record NearDifference(string Field, string Expected, string? Actual)
{
    /// <summary>Returns a description, such as <c>operation was getUsage and not createSession</c>.</summary>
    public override string ToString() => $"{Field} was {Actual ?? "missing"} and not {Expected}";
}

/// <summary>A near miss in the JSON of the server. A call has a path and a status; a message has a kind.</summary>
internal sealed record NearEntry(long Sequence, string? Method, string? Path, int? Status, string? Kind, IReadOnlyList<NearDifference> Differences)
{
    public NearMiss ToNearMiss() => new(Sequence, Kind is null ? $"{Method} {Path} → {Status}" : $"{Kind} {Method}".TrimEnd(), Differences);
}

internal sealed record Verification<TMatch>(TMatch Match, int? Exactly, int? AtLeast, int? AtMost, long Since);

internal sealed record Verified([property: JsonPropertyName("verified")] bool IsVerified, int Count);

/// <summary>Builds the query string of a URL. Parameters with a null value are omitted.</summary>
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
