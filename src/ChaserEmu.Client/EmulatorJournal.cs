using System.Globalization;
using System.Text;

namespace ChaserEmu.Client;

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
        return _control.GetAsync(Path + query, JournalJson.Default.JournalPage, cancellationToken);
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
        return (await _control.SendAsync(HttpMethod.Post, Path + "/verify", verification, JournalJson.Default.VerificationCallMatch, JournalJson.Default.Verified, cancellationToken).ConfigureAwait(false)).Count;
    }

    /// <summary>Returns the recorded calls that depart from the contract, oldest first: unknown fields and parameters, polling too fast and others.</summary>
    /// <param name="workspace">The id of a workspace. Null returns the calls of all workspaces.</param>
    /// <param name="since">Returns only calls with a greater sequence number.</param>
    /// <param name="limit">The maximum number of calls, 1 to 10,000. If there are more, the newest are returned.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<JournalPage> GetDeviationsAsync(string? workspace = null, long since = 0, int limit = 1_000, CancellationToken cancellationToken = default) =>
        _control.GetAsync($"{Path}/deviations{new QueryStringBuilder().Add("workspace", workspace).Add("since", since).Add("limit", limit)}", JournalJson.Default.JournalPage, cancellationToken);

    /// <summary>Deletes the recorded calls.</summary>
    /// <param name="workspace">The id of a workspace. Null deletes the calls of all workspaces.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task DeleteAsync(string? workspace = null, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync(Path + new QueryStringBuilder().Add("workspace", workspace), cancellationToken);
}

/// <summary>A call or message that nearly matched.</summary>
/// <param name="Sequence">The sequence number in the journal.</param>
/// <param name="What">A description, such as <c>POST /v1/sessions → 201</c> or <c>command Page.navigate</c>.</param>
/// <param name="Differences">The fields that did not match.</param>
public sealed record NearMiss(long Sequence, string What, IReadOnlyList<NearDifference> Differences)
{
    internal static NearMiss Of(NearCall near) => new(near.Sequence, $"{near.Method} {near.Path} → {near.Status}", near.Differences);

    internal static NearMiss Of(NearMessage near) => new(near.Sequence, $"{near.Kind.ToWire()} {near.Method}".TrimEnd(), near.Differences);

    /// <summary>Returns a one-line description.</summary>
    public override string ToString() => $"#{Sequence} {What}: {string.Join(", ", Differences)}";
}

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
