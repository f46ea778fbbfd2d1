using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>Points in time as the API shows them: UTC, six fractional digits, <c>Z</c> (documented).</summary>
internal static class Timestamp
{
    public const int RoundTripLength = 28;

    public static DateTimeOffset TruncateToMicroseconds(this DateTimeOffset time) =>
        new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    public static string ToWire(this DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[RoundTripLength];
        return Encoding.ASCII.GetString(time.FormatUtf8(text));
    }

    /// <summary>Into <paramref name="text"/>, which has room for <see cref="RoundTripLength"/>.</summary>
    public static ReadOnlySpan<byte> FormatUtf8(this DateTimeOffset time, Span<byte> text)
    {
        // The round-trip format is several times as quick as a custom one, and has one digit more.
        time.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[^2] = (byte)'Z';
        return text[..^1];
    }

    /// <summary>Microseconds since 1970, the form in which SQLite keeps and orders them.</summary>
    public static long ToUnixMicroseconds(this DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromUnixMicroseconds(long microseconds) =>
        new(DateTime.UnixEpoch.Ticks + microseconds * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}

internal sealed class TimestampConverter : JsonConverter<DateTimeOffset>
{
    /// <summary>A time that names no offset is UTC, wherever the emulator runs.</summary>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTime() is { Kind: DateTimeKind.Unspecified } time ? new DateTimeOffset(time, TimeSpan.Zero) : reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.FormatUtf8(stackalloc byte[Timestamp.RoundTripLength]));
}
