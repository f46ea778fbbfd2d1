using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>
/// Enumerations travel as their snake_case names, never as numbers. .NET's own converter does the same, with some fifty methods that it
/// compiles at the first answer.
/// </summary>
internal sealed class SnakeCaseEnumConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly T[] Values = Enum.GetValues<T>();
    private static readonly JsonEncodedText[] Names = [.. Values.Select(value => JsonEncodedText.Encode(value.ToWire()))];

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        for (var i = 0; reader.TokenType is JsonTokenType.String && i < Names.Length; i++)
        {
            if (reader.ValueTextEquals(Names[i].EncodedUtf8Bytes)) return Values[i];
        }

        throw new JsonException($"It must be one of {string.Join(", ", Names)}.");
    }

    /// <summary>The values count from 0, as those of every enumeration do that says nothing else; so they are numbers of names.</summary>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Names[Unsafe.BitCast<T, int>(value)]);
}

internal static class WireNames
{
    /// <summary>The name as it stands in the API, such as <c>ttl_expired</c>.</summary>
    public static string ToWire<T>(this T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
