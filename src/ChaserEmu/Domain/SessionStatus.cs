using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>Where a session is in its life: creating → ready → closed, creating → closed, or creating → error (documented).</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SessionStatus>))]
internal enum SessionStatus
{
    Creating,
    Ready,
    Closed,
    Error,
}
