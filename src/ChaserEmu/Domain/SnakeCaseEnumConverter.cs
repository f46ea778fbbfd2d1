using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>Enumerations travel as their snake_case names, never as numbers.</summary>
internal sealed class SnakeCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;

internal static class WireNames
{
    /// <summary>The name as it stands in the API, such as <c>ttl_expired</c>.</summary>
    public static string ToWire<T>(this T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
