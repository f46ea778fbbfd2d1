using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>An action in the workspace.</summary>
/// <param name="At">When the action happened.</param>
/// <param name="Action"><c>session.created</c>, <c>session.ready</c>, <c>session.ended</c>, <c>key.created</c>, <c>key.revoked</c>, <c>key.rotated</c> or <c>billing.credited</c>.</param>
/// <param name="Subject">The id of the session or key; null for billing.</param>
/// <param name="Detail">The <c>ended_reason</c> (or <c>error</c>), the name of the key, the id of the new key, or the amount in millionths of a US dollar; otherwise null.</param>
public sealed record AuditEntry(
    DateTimeOffset At,
    [property: AllowedValues("session.created", "session.ready", "session.ended", "key.created", "key.revoked", "key.rotated", "billing.credited")] string Action,
    string? Subject,
    string? Detail);

/// <summary>The JSON of <c>/v1/audit</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(AuditEntry))]
public sealed partial class AuditJson : JsonSerializerContext;
