namespace ChaserEmu.Contracts;

/// <summary>Access to the live view of a session.</summary>
/// <param name="Url">The WebSocket URL of the stream, including the token.</param>
/// <param name="ExpiresAt">When the token expires. Streams that are already open continue.</param>
/// <param name="InputEnabled">Whether the stream accepts clicks, taps and keys.</param>
/// <param name="Fps">The maximum number of frames per second.</param>
public sealed record PreviewToken(string Url, DateTimeOffset ExpiresAt, bool InputEnabled, int Fps);
