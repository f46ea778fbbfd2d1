using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>The reason why a session closed. Documented.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<EndedReason>))]
public enum EndedReason
{
    /// <summary>A client deleted it.</summary>
    ClientDelete,

    /// <summary>It reached its <c>expires_at</c>.</summary>
    TtlExpired,

    /// <summary>It had no CDP connection for longer than the idle limit.</summary>
    IdleExpired,

    /// <summary>It was open when the emulator stopped, or in an imported state.</summary>
    AbandonedOrphan,

    /// <summary>The infrastructure failed. The session is not charged.</summary>
    SubstrateDown,
}
