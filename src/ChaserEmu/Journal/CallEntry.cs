using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>One call of the API, as it was answered. Secrets in it were blotted out before it was made.</summary>
internal sealed record CallEntry : IJournalEntry
{
    /// <summary>The status of a call whose connection ended before there was an answer.</summary>
    public const int NoResponse = 0;

    public long Sequence { get; set; }

    /// <summary>When it came, in emulated time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Until its answer began, in real milliseconds.</summary>
    public required double DurationMs { get; init; }

    public required string Method { get; init; }

    public required string Path { get; init; }

    /// <summary>With its question mark; empty without one.</summary>
    public required string Query { get; init; }

    /// <summary>As in openapi.yaml, such as <c>/v1/sessions/{id}</c>; null when there is no such route.</summary>
    public string? Route { get; init; }

    /// <summary>The operationId, such as <c>createSession</c>.</summary>
    public string? Operation { get; init; }

    /// <summary>The id of the key; null without one that was let in.</summary>
    public string? KeyId { get; init; }

    /// <summary>What may be shown of the key.</summary>
    public string? KeyPrefix { get; init; }

    public WorkspaceId? Workspace { get; init; }

    /// <summary>The session that the path names, or that was made.</summary>
    public string? Session { get; init; }

    /// <summary>As text, when it was JSON of at most <see cref="BoundedJournal{TEntry}.MaxBodyBytes"/> bytes.</summary>
    public string? RequestBody { get; init; }

    /// <summary>The request had a body that is not kept.</summary>
    public bool RequestBodyOmitted { get; init; }

    /// <summary>Of the answer, or <see cref="NoResponse"/>.</summary>
    public required int Status { get; init; }

    /// <summary>The id of the fault that made the answer, or changed it.</summary>
    public string? Fault { get; init; }

    /// <summary>Of the error envelope.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>In seconds.</summary>
    public string? RetryAfter { get; init; }

    /// <inheritdoc cref="RequestBody"/>
    public string? ResponseBody { get; init; }

    string? IJournalEntry.Body => RequestBody;

    bool IJournalEntry.BodyOmitted => RequestBodyOmitted;

    public int Size => 400 + Path.Length + Query.Length + (RequestBody?.Length ?? 0) + (ResponseBody?.Length ?? 0);
}
