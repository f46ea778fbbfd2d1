using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>
/// Serializes times as the API does: UTC, six fractional digits, <c>Z</c>. Fields with another precision have one of the converters below.
/// Documented.
/// </summary>
public class TimestampConverter : JsonConverter<DateTimeOffset>
{
    private const int DefaultDigits = 6;

    /// <summary>The length of a time without fractional digits and without <c>Z</c>.</summary>
    private const int SecondsLength = 19;

    /// <summary>The length of the round-trip format in UTC, one digit longer than the API's.</summary>
    private const int RoundTripLength = 28;

    private readonly int _digits;

    /// <summary>Creates a converter for six fractional digits.</summary>
    public TimestampConverter()
        : this(DefaultDigits)
    {
    }

    private protected TimestampConverter(int digits) => _digits = digits;

    /// <summary>Formats a time as the API does, such as <c>2026-06-13T11:49:20.651182Z</c>.</summary>
    public static string Format(DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[RoundTripLength];
        return Encoding.ASCII.GetString(FormatUtf8(time, text, DefaultDigits));
    }

    /// <summary>Reads a time. One without an offset is UTC, regardless of the machine's time zone.</summary>
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTime() is { Kind: DateTimeKind.Unspecified } time ? new DateTimeOffset(time, TimeSpan.Zero) : reader.GetDateTimeOffset().ToUniversalTime();

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(FormatUtf8(value, stackalloc byte[RoundTripLength], _digits));
    }

    /// <summary>Formats into <paramref name="text"/>, which must be <see cref="RoundTripLength"/> long. Returns the part that was used. Further digits are cut off.</summary>
    private static ReadOnlySpan<byte> FormatUtf8(DateTimeOffset time, Span<byte> text, int digits)
    {
        // "O" is several times faster than a custom format.
        time.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        var length = digits == 0 ? SecondsLength : SecondsLength + 1 + digits;
        text[length] = (byte)'Z';
        return text[..(length + 1)];
    }
}

/// <summary>Serializes a time without fractional digits, as on keys and in <c>usage.from</c>. Documented.</summary>
public sealed class SecondsTimestampConverter : TimestampConverter
{
    /// <summary>Creates the converter.</summary>
    public SecondsTimestampConverter()
        : base(0)
    {
    }
}

/// <summary>Serializes a time with three fractional digits, as in <c>usage.to</c> and on preview tokens. Documented.</summary>
public sealed class MillisecondsTimestampConverter : TimestampConverter
{
    /// <summary>Creates the converter.</summary>
    public MillisecondsTimestampConverter()
        : base(3)
    {
    }
}
