using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Time;

namespace ChaserEmu.Control;

/// <summary>The emulated clock.</summary>
/// <param name="Now">The emulated time.</param>
/// <param name="Rate">Emulated seconds per real second. Default 1 in a state file.</param>
/// <param name="Frozen">Whether the clock is stopped.</param>
internal sealed record ClockResource(DateTimeOffset Now, double Rate = 1, bool Frozen = false)
{
    public static ClockResource Of(ClockReading reading) => new(reading.Now, reading.Rate, reading.Frozen);

    public ClockReading ToReading() => new(Now, Rate, Frozen);
}

/// <summary>A change of the clock. Omitted fields stay unchanged.</summary>
/// <param name="Now">The new time, not before the current time. Deadlines up to then are handled first.</param>
/// <param name="Rate">Emulated seconds per real second, above 0.</param>
/// <param name="Frozen">Whether the clock is stopped.</param>
internal sealed record UpdateClockRequest(DateTimeOffset? Now, double? Rate, bool? Frozen);

/// <param name="Seconds">How far to advance the clock, in emulated seconds.</param>
internal sealed record AdvanceClockRequest([property: JsonRequired] double Seconds);

/// <summary>The clock after an advance, and the session transitions on the way, in order.</summary>
internal sealed record AdvanceClockResponse(DateTimeOffset Now, IReadOnlyList<TransitionResource> Transitions);

/// <summary>The clock after a change, and the session transitions until its new time, in order.</summary>
internal sealed record UpdateClockResponse(DateTimeOffset Now, double Rate, bool Frozen, IReadOnlyList<TransitionResource> Transitions);

/// <summary>The workspace to reset. Without either field, everything is reset.</summary>
/// <param name="Key">A whole key, to reset its workspace.</param>
/// <param name="Workspace">The id of a workspace.</param>
internal sealed record ResetRequest(string? Key, string? Workspace);

/// <param name="Workspaces">The number of workspaces that were reset.</param>
/// <param name="Sessions">The number of removed sessions, including open ones.</param>
internal sealed record ResetResource(int Workspaces, int Sessions);

/// <param name="Reason">The <c>ended_reason</c> that the session gets.</param>
internal sealed record SessionEndRequest(string? Reason);

/// <summary>The open sessions of all workspaces, oldest first.</summary>
internal sealed record SessionInspectionList(IReadOnlyList<SessionInspection> Sessions);

/// <summary>A session that became ready or ended.</summary>
internal sealed record TransitionResource(string SessionId, SessionStatus Status, EndedReason? EndedReason, DateTimeOffset At)
{
    public static TransitionResource Of(Transition transition) =>
        new(transition.Id.ToString(), transition.Status, transition.EndedReason, transition.At);
}

/// <summary>The number of imported rows; <paramref name="Abandoned"/> sessions were open in the file and are now closed.</summary>
internal sealed record ImportStateResponse(int Workspaces, int Keys, int Sessions, int Abandoned);

/// <summary>The bytes that one meter of a session counted.</summary>
internal sealed record MeterResource(long BytesUp, long BytesDown)
{
    public static MeterResource Of(ByteCount count) => new(count.Up, count.Down);

    public ByteCount ToCount() => new(BytesUp, BytesDown);
}

/// <summary>Details of a session that the API does not return.</summary>
/// <param name="SessionId">The id of the session.</param>
/// <param name="WorkspaceId">The id of its workspace.</param>
/// <param name="Status">The <c>status</c> of the session.</param>
/// <param name="TestMode">Whether it was created with a <c>cha_test_</c> key.</param>
/// <param name="EndedReason">The <c>ended_reason</c> of the session.</param>
/// <param name="Cdp">Bytes that CDP clients sent and received.</param>
/// <param name="Egress">Bytes that the browser sent to and received from the network.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar; 0 until the session has ended.</param>
/// <param name="CdpConnections">The number of open CDP connections.</param>
/// <param name="BrowserPid">The process id of the browser; null if it has none.</param>
/// <param name="NextDue">The next deadline of the session: end of provisioning, idle limit or TTL.</param>
/// <param name="EarliestReadyAt">When its provisioning delay ends: before that, it does not become ready.</param>
/// <param name="ExpiresAt">When its TTL expires.</param>
internal sealed record SessionInspection(
    string SessionId,
    string WorkspaceId,
    SessionStatus Status,
    bool TestMode,
    EndedReason? EndedReason,
    MeterResource Cdp,
    MeterResource Egress,
    long BilledMicroUsd,
    int CdpConnections,
    int? BrowserPid,
    DateTimeOffset? NextDue,
    DateTimeOffset EarliestReadyAt,
    DateTimeOffset ExpiresAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(ClockResource))]
[JsonSerializable(typeof(UpdateClockRequest))]
[JsonSerializable(typeof(AdvanceClockRequest))]
[JsonSerializable(typeof(AdvanceClockResponse))]
[JsonSerializable(typeof(SessionInspection))]
[JsonSerializable(typeof(SessionInspectionList))]
[JsonSerializable(typeof(SessionEndRequest))]
[JsonSerializable(typeof(ResetRequest))]
[JsonSerializable(typeof(ResetResource))]
[JsonSerializable(typeof(UpdateClockResponse))]
[JsonSerializable(typeof(StateDocument))]
[JsonSerializable(typeof(Verification<CallMatch>))]
[JsonSerializable(typeof(Verification<MessageMatch>))]
[JsonSerializable(typeof(Verified))]
[JsonSerializable(typeof(CallList))]
[JsonSerializable(typeof(NearCall))]
[JsonSerializable(typeof(MessageList))]
[JsonSerializable(typeof(NearMessage))]
[JsonSerializable(typeof(RecordingChange))]
[JsonSerializable(typeof(RecordingResource))]
[JsonSerializable(typeof(ImportStateResponse))]
[JsonSerializable(typeof(Health))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    /// <summary>For responses. Escapes only what JSON requires, so that apostrophes stay readable; responses are never embedded in HTML.</summary>
    public static readonly ControlJson Readable = new(CreateRelaxed());

    /// <summary>For state files, which people diff.</summary>
    public static readonly ControlJson Indented = new(new JsonSerializerOptions(CreateRelaxed()) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

    private static JsonSerializerOptions CreateRelaxed() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new TimestampConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
