using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>The status of a session: creating → ready → closed, creating → closed, or creating → error.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SessionStatus>))]
internal enum SessionStatus
{
    Creating,
    Ready,
    Closed,
    Error,
}
