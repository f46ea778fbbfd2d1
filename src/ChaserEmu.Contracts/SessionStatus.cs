using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>The status of a session: creating → ready → closed, creating → closed, or creating → error.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<SessionStatus>))]
public enum SessionStatus
{
    /// <summary>The session waits for its browser.</summary>
    Creating,

    /// <summary>Clients can connect to the <c>cdp_url</c> of the session.</summary>
    Ready,

    /// <summary>The session has ended. <see cref="EndedReason"/> gives the reason.</summary>
    Closed,

    /// <summary>The session failed before it was ready.</summary>
    Error,
}
