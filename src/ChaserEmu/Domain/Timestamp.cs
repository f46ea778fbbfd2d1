using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>Formats times as the API does: UTC, six fractional digits, <c>Z</c>. Documented.</summary>
internal static class Timestamp
{
    /// <summary>The length of the round-trip format in UTC, one digit longer than the API's.</summary>
    public const int RoundTripLength = 28;

    public static DateTimeOffset TruncateToMicroseconds(this DateTimeOffset time) =>
        new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    public static string ToWire(this DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[RoundTripLength];
        return Encoding.ASCII.GetString(time.FormatUtf8(text));
    }

    /// <summary>Formats into <paramref name="text"/>, which must be <see cref="RoundTripLength"/> long. Returns the part that was used.</summary>
    public static ReadOnlySpan<byte> FormatUtf8(this DateTimeOffset time, Span<byte> text)
    {
        // "O" is several times faster than a custom format; its last digit is cut off.
        time.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[^2] = (byte)'Z';
        return text[..^1];
    }

    /// <summary>Returns microseconds since 1970, the form stored in SQLite.</summary>
    public static long ToUnixMicroseconds(this DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromUnixMicroseconds(long microseconds) =>
        new(DateTime.UnixEpoch.Ticks + microseconds * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}

internal sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <summary>Reads a time. One without an offset is UTC, regardless of the machine's time zone.</summary>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTime() is { Kind: DateTimeKind.Unspecified } time ? new DateTimeOffset(time, TimeSpan.Zero) : reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.FormatUtf8(stackalloc byte[Timestamp.RoundTripLength]));
}
