using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Domain;

public sealed class SnakeCaseEnumConverterTests
{
    /// <summary>Serializes and deserializes each value of all enums that use the converter.</summary>
    [Fact]
    public void Every_value_is_serialized_as_its_snake_case_name()
    {
        var enumerations = typeof(SessionStatus).Assembly.GetTypes()
            .Where(type => type.IsEnum && type.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType?.GetGenericTypeDefinition() == typeof(SnakeCaseEnumConverter<>))
            .ToList();
        Assert.Contains(typeof(EndedReason), enumerations);
        foreach (var enumeration in enumerations)
        {
            foreach (var value in Enum.GetValues(enumeration))
            {
                var text = JsonSerializer.Serialize(value, enumeration);
                Assert.Equal($"\"{JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()!)}\"", text);
                Assert.Equal(value, JsonSerializer.Deserialize(text, enumeration));
            }
        }
    }

    [Theory]
    [InlineData("1")]
    [InlineData("\"TtlExpired\"")]
    [InlineData("\"\"")]
    [InlineData("{}")]
    public void Any_other_value_is_rejected(string text) =>
        Assert.Contains("ttl_expired", Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<EndedReason>(text)).Message, StringComparison.Ordinal);
}
