using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>A filter for journal entries. Null properties match everything.</summary>
internal abstract record JournalFilter<TEntry>
    where TEntry : IJournalEntry
{
    /// <summary>Without escapes for HTML, so that people can compare values.</summary>
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public string? Workspace { get; init; }

    /// <summary>Fields that the body must contain with these values. Other fields are ignored.</summary>
    public JsonObject? Body { get; init; }

    public bool Matches(TEntry entry) => !GetDifferences(entry).Any();

    /// <summary>Returns whether an entry of this workspace and key could match, to decide whether evicted entries matter.</summary>
    public virtual bool CanMatchOwner(WorkspaceId? workspace, string? keyId) => Workspace is null || Workspace == workspace?.Value;

    /// <summary>Returns whether the entry matches except for a body that was not recorded.</summary>
    public bool MatchesExceptBody(TEntry entry) => Body is not null && entry.BodyOmitted && !CompareAllButBody(entry).Any();

    public IEnumerable<NearDifference> GetDifferences(TEntry entry) =>
        Body is null ? CompareAllButBody(entry) : CompareAllButBody(entry).Concat(GetDifferences("body", Body, JournalBody.Parse(entry.Body)));

    protected abstract IEnumerable<NearDifference> CompareFields(TEntry entry);

    protected static IEnumerable<NearDifference> Compare(string field, string? expected, string? actual, StringComparison comparison = StringComparison.Ordinal) =>
        expected is null || string.Equals(expected, actual, comparison) ? [] : [new NearDifference(field, expected, actual)];

    private IEnumerable<NearDifference> CompareAllButBody(TEntry entry) => Compare("workspace", Workspace, entry.Workspace?.Value).Concat(CompareFields(entry));

    private static IEnumerable<NearDifference> GetDifferences(string path, JsonNode? expected, JsonNode? actual)
    {
        if (expected is JsonObject expectedFields && actual is JsonObject actualFields)
        {
            foreach (var (name, value) in expectedFields)
            {
                foreach (var difference in actualFields.ContainsKey(name) ? GetDifferences($"{path}.{name}", value, actualFields[name]) : [new($"{path}.{name}", ToText(value), null)])
                    yield return difference;
            }
        }
        else if (!JsonNode.DeepEquals(expected, actual))
        {
            yield return new(path, ToText(expected), actual?.ToJsonString(Readable));
        }
    }

    private static string ToText(JsonNode? value) => value?.ToJsonString(Readable) ?? "null";
}

/// <summary>A filter for calls.</summary>
internal sealed record CallFilter : JournalFilter<CallEntry>
{
    public string? KeyId { get; init; }

    public string? Session { get; init; }

    public string? Method { get; init; }

    public string? Path { get; init; }

    public string? Route { get; init; }

    public string? Operation { get; init; }

    public int? Status { get; init; }

    public string? ErrorCode { get; init; }

    public override bool CanMatchOwner(WorkspaceId? workspace, string? keyId) => base.CanMatchOwner(workspace, keyId) && (KeyId is null || KeyId == keyId);

    protected override IEnumerable<NearDifference> CompareFields(CallEntry entry) =>
    [
        .. KeyId is not null && KeyId != entry.KeyId ? [new NearDifference("key", KeyId, entry.KeyPrefix)] : Array.Empty<NearDifference>(),
        .. Compare("session", Session, entry.Session),
        .. Compare("method", Method, entry.Method, StringComparison.OrdinalIgnoreCase),
        .. Compare("path", Path, entry.Path),
        .. Compare("route", Route, entry.Route),
        .. Compare("operation", Operation, entry.Operation),
        .. Compare("status", Status?.ToString(CultureInfo.InvariantCulture), entry.Status.ToString(CultureInfo.InvariantCulture)),
        .. Compare("error_code", ErrorCode, entry.ErrorCode),
    ];
}

/// <summary>A filter for CDP messages.</summary>
internal sealed record MessageFilter : JournalFilter<MessageEntry>
{
    public string? Session { get; init; }

    public string? Method { get; init; }

    public CdpDirection? Direction { get; init; }

    public CdpMessageKind? Kind { get; init; }

    public string? CdpSession { get; init; }

    protected override IEnumerable<NearDifference> CompareFields(MessageEntry entry) =>
    [
        .. Compare("session", Session, entry.Session),
        .. Compare("method", Method, entry.Method),
        .. Compare("direction", Direction?.ToWire(), entry.Direction.ToWire()),
        .. Compare("kind", Kind?.ToWire(), entry.Kind.ToWire()),
        .. Compare("cdp_session", CdpSession, entry.CdpSession),
    ];
}
