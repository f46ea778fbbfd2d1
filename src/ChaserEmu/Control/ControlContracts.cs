using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Time;

namespace ChaserEmu.Control;

/// <summary>The clock as it stands.</summary>
/// <param name="Now">The emulated time.</param>
/// <param name="Rate">Emulated seconds a real second. By hand, in a state: 1, if left out.</param>
/// <param name="Frozen">Whether time stands still.</param>
internal sealed record ClockResource(DateTimeOffset Now, double Rate = 1, bool Frozen = false)
{
    public static ClockResource Of(ClockReading reading) => new(reading.Now, reading.Rate, reading.Frozen);

    public ClockReading ToReading() => new(Now, Rate, Frozen);
}

/// <summary>What to change of the clock; fields left out stay.</summary>
/// <param name="Now">A time not before the present one. All that falls due until then happens first.</param>
/// <param name="Rate">Emulated seconds a real second, above 0.</param>
/// <param name="Frozen">Whether time stands still.</param>
internal sealed record ClockChange(DateTimeOffset? Now, double? Rate, bool? Frozen);

/// <param name="Seconds">How far to move the clock, in emulated seconds.</param>
internal sealed record ClockAdvance([property: JsonRequired] double Seconds);

/// <summary>The clock after it was moved, and what happened on the way, in order.</summary>
internal sealed record ClockAdvanced(DateTimeOffset Now, IReadOnlyList<TransitionResource> Transitions);

/// <summary>The clock after a change, and what happened on the way to its new time, in order.</summary>
internal sealed record ClockChanged(DateTimeOffset Now, double Rate, bool Frozen, IReadOnlyList<TransitionResource> Transitions);

/// <summary>What to reset; without either, everything.</summary>
/// <param name="Key">A whole key, for its workspace.</param>
/// <param name="Workspace">The id of a workspace.</param>
internal sealed record ResetRequest(string? Key, string? Workspace);

/// <param name="Workspaces">Workspaces that were emptied.</param>
/// <param name="Sessions">Sessions that are gone, open ones included.</param>
internal sealed record ResetResource(int Workspaces, int Sessions);

/// <param name="Reason">Why the session is to have ended: one of the five <c>ended_reason</c>s.</param>
internal sealed record SessionEndRequest(string? Reason);

/// <summary>Sessions that have not ended, oldest first.</summary>
internal sealed record OpenSessions(IReadOnlyList<SessionInspection> Sessions);

/// <summary>That a session became ready or ended.</summary>
internal sealed record TransitionResource(string SessionId, SessionStatus Status, EndedReason? EndedReason, DateTimeOffset At)
{
    public static TransitionResource Of(Transition transition) =>
        new(transition.Id.ToString(), transition.Status, transition.EndedReason, transition.At);
}

/// <summary>What was taken in, and how many sessions of it were open and are closed now.</summary>
internal sealed record StateImported(int Workspaces, int Keys, int Sessions, int Abandoned);

/// <summary>One meter of a session.</summary>
internal sealed record MeterResource(long BytesUp, long BytesDown)
{
    public static MeterResource Of(ByteCount count) => new(count.Up, count.Down);

    public ByteCount ToCount() => new(BytesUp, BytesDown);
}

/// <summary>What the API does not show of a session.</summary>
/// <param name="SessionId">The session's id.</param>
/// <param name="WorkspaceId">Whose it is.</param>
/// <param name="Status">As on the resource.</param>
/// <param name="TestMode">Made with a <c>cha_test_</c> key.</param>
/// <param name="EndedReason">As on the resource.</param>
/// <param name="Cdp">What CDP clients sent and received.</param>
/// <param name="Egress">What the browser sent to and received from the network.</param>
/// <param name="BilledMicroUsd">What it cost, once it has ended.</param>
/// <param name="CdpConnections">CDP connections open now.</param>
/// <param name="BrowserPid">The process of its browser, while there is one.</param>
/// <param name="NextDue">When time alone will change it next (provisioned, idle or TTL).</param>
/// <param name="ProvisionedAt">The end of its provisioning delay.</param>
/// <param name="ExpiresAt">Its TTL.</param>
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
    DateTimeOffset ProvisionedAt,
    DateTimeOffset ExpiresAt);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(ClockResource))]
[JsonSerializable(typeof(ClockChange))]
[JsonSerializable(typeof(ClockAdvance))]
[JsonSerializable(typeof(ClockAdvanced))]
[JsonSerializable(typeof(SessionInspection))]
[JsonSerializable(typeof(OpenSessions))]
[JsonSerializable(typeof(SessionEndRequest))]
[JsonSerializable(typeof(ResetRequest))]
[JsonSerializable(typeof(ResetResource))]
[JsonSerializable(typeof(ClockChanged))]
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
[JsonSerializable(typeof(StateImported))]
[JsonSerializable(typeof(Health))]
internal sealed partial class ControlJson : JsonSerializerContext
{
    /// <summary>For answers: people read them, and nothing of ours is ever pasted into HTML, so apostrophes stay what they are.</summary>
    public static readonly ControlJson Readable = new(Relaxed());

    /// <summary>For files that people compare.</summary>
    public static readonly ControlJson Indented = new(new JsonSerializerOptions(Relaxed()) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

    private static JsonSerializerOptions Relaxed() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new TimestampConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
