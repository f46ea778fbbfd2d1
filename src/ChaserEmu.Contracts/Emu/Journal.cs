using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>A filter of API calls. Omitted fields match everything.</summary>
/// <param name="Key">The whole API key that the call was made with. Use <c>workspace</c> for all keys of a workspace.</param>
/// <param name="Workspace">The id of a workspace.</param>
/// <param name="Session">The id of the session that is in the path or that the call created.</param>
/// <param name="Method">The HTTP method, such as <c>POST</c>.</param>
/// <param name="Path">The path without its query, such as <c>/v1/sessions</c>.</param>
/// <param name="Route">The route as in <c>/openapi.yaml</c>, such as <c>/v1/sessions/{id}</c>.</param>
/// <param name="Operation">The operationId of <c>/openapi.yaml</c>, such as <c>createSession</c>.</param>
/// <param name="Status">The status of the response, 100 to 599; 0 for a call without a response.</param>
/// <param name="ErrorCode">The error code of the response, such as <c>rate_limited</c>.</param>
/// <param name="Body">Fields that the request body must contain with these values. Other fields are ignored.</param>
public sealed record CallMatch(
    string? Key = null, string? Workspace = null, string? Session = null, string? Method = null, string? Path = null, string? Route = null, string? Operation = null,
    int? Status = null, string? ErrorCode = null, JsonObject? Body = null);

/// <summary>What a client sends or does beside the contract.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<DeviationKind>))]
public enum DeviationKind
{
    /// <summary>The body has a field that the operation does not have. It is ignored.</summary>
    UnknownField,

    /// <summary>The query has a parameter that the operation does not have. It is ignored.</summary>
    UnknownParameter,

    /// <summary>The body is sent without <c>Content-Type: application/json</c>. The call is refused.</summary>
    ContentType,

    /// <summary>The method is not in capital letters. The call is refused.</summary>
    MethodCase,

    /// <summary>A session in <c>creating</c> is polled again within 2 seconds, the interval in the documentation.</summary>
    FastPolling,

    /// <summary>The call is repeated before the <c>Retry-After</c> of its last 429 has passed.</summary>
    EarlyRetry,
}

/// <summary>A difference between a request and the contract.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Detail">What is wrong and what the contract says.</param>
public sealed record Deviation(DeviationKind Kind, string Detail);

/// <summary>A recorded API call. Secrets are redacted.</summary>
/// <param name="Sequence">The sequence number, from 1. It increases with each journal entry, CDP messages included.</param>
/// <param name="At">The emulated time at which the request arrived.</param>
/// <param name="DurationMs">The real milliseconds until the response started.</param>
/// <param name="Method">The HTTP method, such as <c>POST</c>.</param>
/// <param name="Path">The path, such as <c>/v1/sessions</c>.</param>
/// <param name="Query">The query string with its question mark. Empty if there is none.</param>
/// <param name="Route">The route as in <c>/openapi.yaml</c>. Null if no route matches.</param>
/// <param name="Operation">The operationId of <c>/openapi.yaml</c>.</param>
/// <param name="KeyPrefix">The prefix of the API key. Null if no valid key was sent.</param>
/// <param name="WorkspaceId">The id of the caller's workspace.</param>
/// <param name="SessionId">The id of the session that is in the path or that the call created.</param>
/// <param name="RequestBody">The request body, if it was JSON of at most 16 KiB.</param>
/// <param name="RequestBodyOmitted">Whether the request had a body that was not recorded.</param>
/// <param name="Status">The status of the response. 0 if the connection ended before the response.</param>
/// <param name="ErrorCode">The error code of the response.</param>
/// <param name="RetryAfter">The <c>Retry-After</c> header of the response, in seconds.</param>
/// <param name="Fault">The id of the fault rule that produced or changed the response.</param>
/// <param name="ResponseBody">The response body, if it was JSON of at most 16 KiB.</param>
/// <param name="Deviations">What the client sent or did beside the contract. Empty if <c>Requests:Deviations</c> is <c>ignore</c>.</param>
public sealed record JournalEntry(
    long Sequence, DateTimeOffset At, double DurationMs, string Method, string Path, string Query, string? Route, string? Operation, string? KeyPrefix,
    string? WorkspaceId, string? SessionId, JsonNode? RequestBody, bool RequestBodyOmitted, int Status, string? ErrorCode, string? RetryAfter, string? Fault, JsonNode? ResponseBody,
    IReadOnlyList<Deviation> Deviations);

/// <summary>The result of a query of API calls.</summary>
/// <param name="Entries">The newest matching calls, at most <c>limit</c>, oldest first.</param>
/// <param name="Newest">The sequence number of the newest journal entry. Send it as <c>since</c> to get only later entries.</param>
/// <param name="Evicted">The number of evicted calls that could have matched. 0 means that the result is complete.</param>
public sealed record JournalPage(IReadOnlyList<JournalEntry> Entries, long Newest, long Evicted);

/// <summary>The expected number of matching journal entries. Give exactly one of <c>exactly</c>, <c>at_least</c> and <c>at_most</c>.</summary>
/// <typeparam name="TMatch">The filter: <see cref="CallMatch"/> or <see cref="CdpMatch"/>.</typeparam>
/// <param name="Match">The filter of the entries.</param>
/// <param name="Exactly">The expected number.</param>
/// <param name="AtLeast">The expected minimum.</param>
/// <param name="AtMost">The expected maximum.</param>
/// <param name="Since">Counts only entries with a greater sequence number.</param>
public sealed record Verification<TMatch>([property: JsonRequired] TMatch Match, int? Exactly = null, int? AtLeast = null, int? AtMost = null, long Since = 0)
    where TMatch : class;

/// <summary>A successful verification.</summary>
/// <param name="IsVerified">Always true.</param>
/// <param name="Count">The number of entries that matched.</param>
public sealed record Verified([property: JsonPropertyName("verified")] bool IsVerified, int Count);

/// <summary>A field that did not match.</summary>
/// <param name="Field">The name of the field, such as <c>operation</c> or <c>body.ttl_seconds</c>.</param>
/// <param name="Expected">The value of the filter.</param>
/// <param name="Actual">The value of the entry. Null if the field is missing.</param>
public sealed record NearDifference(string Field, string Expected, string? Actual)
{
    /// <summary>Returns a description, such as <c>operation was getUsage and not createSession</c>.</summary>
    public override string ToString() => $"{Field} was {Actual ?? "missing"} and not {Expected}";
}

/// <summary>A call that nearly matched.</summary>
/// <param name="Sequence">The sequence number in the journal.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">The path.</param>
/// <param name="Status">The status of the response.</param>
/// <param name="Differences">The fields that did not match.</param>
public sealed record NearCall(long Sequence, string Method, string Path, int Status, IReadOnlyList<NearDifference> Differences);

/// <summary>The JSON of <c>/_emu/journal</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(JournalPage))]
[JsonSerializable(typeof(Verification<CallMatch>))]
[JsonSerializable(typeof(Verified))]
[JsonSerializable(typeof(NearCall))]
[JsonSerializable(typeof(VerificationProblem<NearCall>))]
[JsonSerializable(typeof(UndecidedProblem))]
public sealed partial class JournalJson : JsonSerializerContext;
