using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>Why a session closed. Documented.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<EndedReason>))]
internal enum EndedReason
{
    /// <summary>A client deleted it.</summary>
    ClientDelete,

    /// <summary>It reached its <c>expires_at</c>.</summary>
    TtlExpired,

    /// <summary>It had no CDP connection for longer than the idle limit.</summary>
    IdleExpired,

    /// <summary>It was cleaned up after a restart of the platform.</summary>
    AbandonedOrphan,

    /// <summary>The infrastructure failed. The session is not charged.</summary>
    SubstrateDown,
}
