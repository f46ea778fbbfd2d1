using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>What the handlers of a call know about it and the journal records. A feature of the request.</summary>
internal sealed class CallDetails(DeviationHandling handling)
{
    /// <summary>More would only repeat what is wrong.</summary>
    private const int MaxDeviations = 20;

    /// <summary>Longer names are cut, so that an entry stays small.</summary>
    private const int MaxNameLength = 64;

    private List<Deviation>? _deviations;

    /// <summary>Gets what the client sent or did beside the contract.</summary>
    public IReadOnlyList<Deviation> Deviations => _deviations ?? [];

    /// <summary>Gets whether to look for deviations.</summary>
    public bool ReportsDeviations => handling is not DeviationHandling.Ignore;

    /// <summary>Gets or sets the API key; null if there was no valid one.</summary>
    public ApiKey? Key { get; set; }

    /// <summary>Gets or sets the workspace of the key or of the dashboard user.</summary>
    public WorkspaceId? Workspace { get; set; }

    /// <summary>Gets or sets the created session.</summary>
    public SessionId? Session { get; set; }

    /// <summary>Gets or sets the request body after it was read.</summary>
    public ReadOnlyMemory<byte> RequestBody { get; set; }

    /// <summary>Gets or sets whether the connection was reset deliberately before a response was sent.</summary>
    public bool IsReset { get; set; }

    /// <summary>Gets or sets why the call was refused, for the log.</summary>
    public string? Hint { get; set; }

    /// <summary>Adds a deviation. Returns the error for the response if deviations are refused, or null.</summary>
    public ApiError? AddDeviation(DeviationKind kind, string detail)
    {
        if (ReportsDeviations && Deviations.Count < MaxDeviations) (_deviations ??= []).Add(new Deviation(kind, SecretRedactor.Redact(detail)));
        return handling is DeviationHandling.Refuse ? ApiError.InvalidRequest($"{detail} It is refused because Requests:Deviations is refuse.") : null;
    }

    /// <summary>Adds a deviation for each name that is not known. Returns the error for the response if deviations are refused, or null.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="what">What has the names, such as <c>The query has the unknown parameter</c>.</param>
    /// <param name="names">The names that the client sent.</param>
    /// <param name="known">The names of the contract.</param>
    /// <param name="advice">A sentence that names the known ones.</param>
    public ApiError? AddUnknownNames(DeviationKind kind, string what, IEnumerable<string> names, IReadOnlyCollection<string> known, string advice)
    {
        ApiError? refusal = null;
        foreach (var name in names.Where(name => !known.Contains(name)))
        {
            var error = AddDeviation(kind, $"{what} '{(name.Length > MaxNameLength ? $"{name[..MaxNameLength]}…" : name)}'. {advice}");
            refusal ??= error;
        }

        return refusal;
    }

    /// <summary>Returns the details of a request; null if the journal does not record it.</summary>
    public static CallDetails? Of(HttpContext context) => context.Features.Get<CallDetails>();
}
