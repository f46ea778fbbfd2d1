using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>Access to the live view of a session.</summary>
/// <param name="Url">The WebSocket URL of the stream, including the token, a JWT.</param>
/// <param name="ExpiresAt">When the token expires, in UTC with three fractional digits. Streams that are already open continue.</param>
/// <param name="InputEnabled">Whether the stream accepts clicks, taps and keys.</param>
/// <param name="Fps">The maximum number of frames per second.</param>
public sealed record PreviewToken(
    [property: Url] string Url,
    [property: JsonConverter(typeof(MillisecondsTimestampConverter))] DateTimeOffset ExpiresAt,
    bool InputEnabled,
    int Fps);
