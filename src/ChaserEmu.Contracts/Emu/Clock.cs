using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>A reading of the emulated clock.</summary>
/// <param name="Now">The emulated time, with a precision of one microsecond.</param>
/// <param name="Rate">Emulated seconds per real second while the clock is not frozen. Default 1 in a state file.</param>
/// <param name="Frozen">Whether only an advance moves the clock.</param>
public sealed record ClockReading(DateTimeOffset Now, double Rate = 1, bool Frozen = false);

/// <summary>A change of the clock. Omitted fields stay unchanged.</summary>
/// <param name="Now">The new time, not before the current time and at most ten years later. Timers up to then fire first, in order.</param>
/// <param name="Rate">Emulated seconds per real second, above 0 and at most 1,000,000.</param>
/// <param name="Frozen">Whether the clock is stopped.</param>
public sealed record UpdateClockRequest(DateTimeOffset? Now = null, double? Rate = null, bool? Frozen = null);

/// <summary>The clock after a change.</summary>
/// <param name="Now">The emulated time.</param>
/// <param name="Rate">Emulated seconds per real second while the clock is not frozen.</param>
/// <param name="Frozen">Whether only an advance moves the clock.</param>
/// <param name="Transitions">The sessions that became ready or ended on the way to the new time, in order of time.</param>
public sealed record ClockUpdate(DateTimeOffset Now, double Rate, bool Frozen, IReadOnlyList<SessionTransition> Transitions);

/// <summary>An advance of the clock.</summary>
/// <param name="Seconds">The duration in emulated seconds, from 0 to 316,224,000 (ten years). Rounded to the microsecond.</param>
public sealed record AdvanceClockRequest([property: JsonRequired] double Seconds);

/// <summary>The clock after an advance.</summary>
/// <param name="Now">The new emulated time.</param>
/// <param name="Transitions">The sessions that became ready or ended on the way, in order of time.</param>
public sealed record ClockMove(DateTimeOffset Now, IReadOnlyList<SessionTransition> Transitions);

/// <summary>A change of a session's status: it became ready or ended.</summary>
/// <param name="SessionId">The id of the session.</param>
/// <param name="Status">The new status.</param>
/// <param name="EndedReason">Why the session closed. Null if it became ready, or ended as <c>error</c>.</param>
/// <param name="At">The emulated time: <c>ready_at</c> or <c>ended_at</c> of the session.</param>
public sealed record SessionTransition(string SessionId, SessionStatus Status, EndedReason? EndedReason, DateTimeOffset At);

/// <summary>The JSON of <c>/_emu/clock</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(ClockReading))]
[JsonSerializable(typeof(UpdateClockRequest))]
[JsonSerializable(typeof(ClockUpdate))]
[JsonSerializable(typeof(AdvanceClockRequest))]
[JsonSerializable(typeof(ClockMove))]
public sealed partial class ClockJson : JsonSerializerContext;
