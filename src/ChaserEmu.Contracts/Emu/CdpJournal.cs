using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>A direction of a CDP connection.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CdpDirection>))]
public enum CdpDirection
{
    /// <summary>From the browser to the client: results, errors and events.</summary>
    ToClient,

    /// <summary>From the client to the browser: commands.</summary>
    ToBrowser,
}

/// <summary>What is recorded of CDP messages.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CdpRecording>))]
public enum CdpRecording
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>Method, direction and size.</summary>
    Headers,

    /// <summary>Method, direction, size and body.</summary>
    Bodies,
}

/// <summary>The kind of a CDP message.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CdpMessageKind>))]
public enum CdpMessageKind
{
    /// <summary>A client calls a method.</summary>
    Command,

    /// <summary>The browser returns the result of a command.</summary>
    Result,

    /// <summary>The browser reports that a command failed.</summary>
    Error,

    /// <summary>The browser sends an event.</summary>
    Event,

    /// <summary>Not a CDP message, such as invalid JSON.</summary>
    Unknown,
}

/// <summary>A filter of CDP messages. Omitted fields match everything.</summary>
/// <param name="Key">A whole API key; matches all messages of its workspace.</param>
/// <param name="Workspace">The id of a workspace.</param>
/// <param name="Session">The id of a session.</param>
/// <param name="Method">The CDP method, such as <c>Page.navigate</c>. Results and errors have the method of their command.</param>
/// <param name="Direction">The direction.</param>
/// <param name="Kind">The kind of the message.</param>
/// <param name="CdpSession">The <c>sessionId</c> of CDP (not the id of a session of the API).</param>
/// <param name="Body">Fields that the message must contain, such as <c>{"params":{"url":"about:blank"}}</c>. Other fields are ignored. Requires the recording <c>bodies</c>.</param>
public sealed record CdpMatch(
    string? Key = null, string? Workspace = null, string? Session = null, string? Method = null, CdpDirection? Direction = null, CdpMessageKind? Kind = null,
    string? CdpSession = null, JsonObject? Body = null);

/// <summary>A recorded CDP message. Secrets are redacted.</summary>
/// <param name="Sequence">The sequence number. It increases with each journal entry, API calls included.</param>
/// <param name="At">The emulated time at which the message passed.</param>
/// <param name="Direction">The direction.</param>
/// <param name="Kind">The kind of the message.</param>
/// <param name="Method">The CDP method. Results and errors have the method of their command; null if that was not recorded.</param>
/// <param name="Id">The CDP <c>id</c> of a command, and of its result or error.</param>
/// <param name="CdpSession">The <c>sessionId</c> of CDP, which identifies a page or worker; null for the browser.</param>
/// <param name="WorkspaceId">The id of the session's workspace.</param>
/// <param name="SessionId">The id of the session.</param>
/// <param name="Connection">The number of the CDP connection, from 1 since the emulator started.</param>
/// <param name="Size">The size of the payload in bytes.</param>
/// <param name="DurationMs">For a result or error: the real milliseconds since its command.</param>
/// <param name="ErrorMessage">For an error: its message.</param>
/// <param name="Body">The message, if bodies are recorded and it has at most 16 KiB.</param>
public sealed record CdpMessage(
    long Sequence, DateTimeOffset At, CdpDirection Direction, CdpMessageKind Kind, string? Method, long? Id, string? CdpSession, string? WorkspaceId, string SessionId,
    long Connection, long Size, double? DurationMs, string? ErrorMessage, JsonNode? Body);

/// <summary>The result of a query of CDP messages.</summary>
/// <param name="Recording">What is recorded now of the queried messages.</param>
/// <param name="Entries">The newest matching messages, at most <c>limit</c>, oldest first.</param>
/// <param name="Newest">The sequence number of the newest journal entry, API calls included. Send it as <c>since</c> to get only later entries.</param>
/// <param name="Evicted">The number of evicted messages that could have matched. 0 means that the result is complete.</param>
public sealed record CdpJournalPage(CdpRecording Recording, IReadOnlyList<CdpMessage> Entries, long Newest, long Evicted);

/// <summary>A change of what is recorded of CDP messages.</summary>
/// <param name="Recording">What is recorded from now on.</param>
/// <param name="Key">A whole API key, to change only its workspace.</param>
/// <param name="Workspace">The id of a workspace. Without it and without a key, the change applies to all workspaces.</param>
public sealed record CdpRecordingRequest([property: JsonRequired] CdpRecording Recording, string? Key = null, string? Workspace = null);

/// <summary>What is recorded of CDP messages after a change.</summary>
/// <param name="Recording">What is recorded from now on.</param>
public sealed record CdpRecordingResource(CdpRecording Recording);

/// <summary>A message that nearly matched.</summary>
/// <param name="Sequence">The sequence number in the journal.</param>
/// <param name="Direction">The direction.</param>
/// <param name="Kind">The kind of the message.</param>
/// <param name="Method">The CDP method.</param>
/// <param name="SessionId">The id of the session.</param>
/// <param name="Differences">The fields that did not match.</param>
public sealed record NearMessage(long Sequence, CdpDirection Direction, CdpMessageKind Kind, string? Method, string SessionId, IReadOnlyList<NearDifference> Differences);

/// <summary>The JSON of <c>/_emu/journal/cdp</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(CdpJournalPage))]
[JsonSerializable(typeof(CdpRecordingRequest))]
[JsonSerializable(typeof(CdpRecordingResource))]
[JsonSerializable(typeof(Verification<CdpMatch>))]
[JsonSerializable(typeof(Verified))]
[JsonSerializable(typeof(NearMessage))]
[JsonSerializable(typeof(VerificationProblem<NearMessage>))]
[JsonSerializable(typeof(UndecidedProblem))]
public sealed partial class CdpJournalJson : JsonSerializerContext;
