using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>Why a session closed (documented).</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<EndedReason>))]
internal enum EndedReason
{
    /// <summary>Its owner deleted it.</summary>
    ClientDelete,

    /// <summary>It reached its <c>expires_at</c>.</summary>
    TtlExpired,

    /// <summary>No CDP connection for too long.</summary>
    IdleExpired,

    /// <summary>Cleaned up after a restart of the platform.</summary>
    AbandonedOrphan,

    /// <summary>Infrastructure failure. Not charged.</summary>
    SubstrateDown,
}
