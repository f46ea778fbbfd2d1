using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>
/// Serializes enums as their snake_case names. .NET's <see cref="JsonStringEnumConverter"/> does the same, but compiles about fifty
/// methods at the first response.
/// </summary>
/// <typeparam name="T">An enum whose values count from 0.</typeparam>
public sealed class SnakeCaseEnumConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private static readonly T[] Values = Enum.GetValues<T>();
    private static readonly JsonEncodedText[] Names = [.. Values.Select(value => JsonEncodedText.Encode(value.ToWire()))];

    /// <summary>Reads a name.</summary>
    /// <exception cref="JsonException">It is not the name of a value. The message lists the names.</exception>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        for (var i = 0; reader.TokenType is JsonTokenType.String && i < Names.Length; i++)
        {
            if (reader.ValueTextEquals(Names[i].EncodedUtf8Bytes)) return Values[i];
        }

        throw new JsonException($"The value must be one of {string.Join(", ", Names)}.");
    }

    /// <summary>Uses the value as the index of its name: the enums have no explicit values, so they count from 0.</summary>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(Names[Unsafe.BitCast<T, int>(value)]);
}

/// <summary>Converts enum values to their names in the API.</summary>
public static class WireNames
{
    /// <summary>Returns the name in the API, such as <c>ttl_expired</c>.</summary>
    public static string ToWire<T>(this T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
