using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>One API call with its response. Secrets are already redacted.</summary>
internal sealed record CallEntry : IJournalEntry
{
    /// <summary>The status of a call whose connection ended before a response was sent.</summary>
    public const int NoResponse = 0;

    public long Sequence { get; set; }

    /// <summary>When the request arrived, in emulated time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The time until the response started, in real milliseconds.</summary>
    public required double DurationMs { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>The query string including its question mark; empty if there is none.</summary>
    public required string Query { get; init; }

    /// <summary>The route as in openapi.yaml, such as <c>/v1/sessions/{id}</c>; null if no route matched.</summary>
    public string? Route { get; init; }

    /// <summary>The operationId, such as <c>createSession</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>The id of the API key; null if there was no valid one.</summary>
    public string? KeyId { get; init; }

    /// <summary>The prefix of the API key, which is not secret.</summary>
    public string? KeyPrefix { get; init; }

    public WorkspaceId? Workspace { get; init; }

    /// <summary>The id of the session in the path, or of the created session.</summary>
    public string? Session { get; init; }

    /// <summary>The text of the JSON body, if it has at most <see cref="BoundedJournal{TEntry}.MaxBodyBytes"/> bytes.</summary>
    public string? RequestBody { get; init; }

    /// <summary>Whether the request had a body that was not recorded.</summary>
    public bool RequestBodyOmitted { get; init; }

    /// <summary>The status of the response, or <see cref="NoResponse"/>.</summary>
    public required int Status { get; init; }

    /// <summary>The id of the fault rule that created or changed the response.</summary>
    public string? Fault { get; init; }

    /// <summary>What the client sent or did beside the contract.</summary>
    public IReadOnlyList<Deviation> Deviations { get; init; } = [];

    /// <summary>The <c>error.code</c> of the response.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>The <c>Retry-After</c> header of the response, in seconds.</summary>
    public string? RetryAfter { get; init; }

    /// <inheritdoc cref="RequestBody"/>
    public string? ResponseBody { get; init; }

    string? IJournalEntry.Body => RequestBody;

    bool IJournalEntry.BodyOmitted => RequestBodyOmitted;

    public int Size => 400 + sizeof(char) * (Path.Length + Query.Length + (RequestBody?.Length ?? 0) + (ResponseBody?.Length ?? 0) + Deviations.Sum(deviation => deviation.Detail.Length));
}
