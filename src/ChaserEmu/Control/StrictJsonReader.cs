using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary>
/// Deserializes JSON strictly. An error names the invalid field by its path, such as <c>match.status</c> or
/// <c>sessions[0].cdp.bytes_up</c>, and says what it must be. The rules come from the type's JSON contract, so this serves all types.
/// </summary>
internal static class StrictJsonReader
{
    /// <param name="json">The JSON, without duplicate fields.</param>
    /// <param name="type">The contract of the type.</param>
    /// <param name="whole">The name of the JSON at the start of a sentence, such as <c>The body</c>.</param>
    /// <param name="path">The path of the JSON in a larger one.</param>
    public static (T? Value, string? Error) Read<T>(JsonElement json, JsonTypeInfo<T> type, string whole, string path = "")
        where T : class
    {
        if (new Validator(whole, ChecksValues: false).Validate(json, type, path) is { } error) return (null, error);
        try
        {
            return (json.Deserialize(type), null);
        }
        catch (JsonException)
        {
            // A value has an invalid type or range. Find out which only now: valid input needs no second pass.
            return (null, new Validator(whole, ChecksValues: true).Validate(json, type, path) ?? $"{whole} is not valid.");
        }
    }

    /// <summary>Gets the names of the fields of a type.</summary>
    public static IEnumerable<string> GetFieldNames(JsonTypeInfo type) => GetFields(type).Select(property => property.Name);

    /// <summary>Gets the properties that are part of the JSON.</summary>
    private static IEnumerable<JsonPropertyInfo> GetFields(JsonTypeInfo type) => type.Properties.Where(property => property.Get is not null);

    /// <summary>Describes the allowed values of a type, for <c>must be …</c>.</summary>
    private static string Describe(JsonTypeInfo type) => (Nullable.GetUnderlyingType(type.Type) ?? type.Type) switch
    {
        var plain when plain == typeof(double) => "a number",
        var plain when plain == typeof(bool) => "true or false",
        var plain when plain == typeof(DateTimeOffset) => "a time such as \"2026-06-13T11:49:20.651182Z\"",
        var plain when plain == typeof(DateOnly) => "a day such as \"2026-06-13\"",
        var plain when plain == typeof(string) => "a string",
        var plain when plain == typeof(int) || plain == typeof(long) => "a whole number",
        { IsEnum: true } plain => ControlRequestReader.JoinWithOr(Enum.GetNames(plain).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)),
        _ when type.Kind is JsonTypeInfoKind.Enumerable => "a JSON array",
        _ => "a JSON object",
    };

    private sealed record Validator(string Whole, bool ChecksValues)
    {
        public string? Validate(JsonElement json, JsonTypeInfo type, string path) => type.Kind switch
        {
            JsonTypeInfoKind.Object => json.ValueKind is JsonValueKind.Object ? ValidateObject(json, type, path) : MustBe(path, type),
            JsonTypeInfoKind.Enumerable => json.ValueKind is JsonValueKind.Array ? ValidateArray(json, type.Options.GetTypeInfo(type.ElementType!), path) : MustBe(path, type),
            _ when type.Type == typeof(JsonElement) => null,
            _ when type.Type == typeof(JsonObject) && json.ValueKind is JsonValueKind.Object =>
                JournalBody.Parse(json.GetRawText()) is null ? $"{path} has a string with an unpaired surrogate." : null,
            _ when type.Type == typeof(JsonObject) => MustBe(path, type),
            _ => ChecksValues && !CanDeserialize(json, type) ? MustBe(path, type) : null,
        };

        private string? ValidateArray(JsonElement json, JsonTypeInfo elementType, string path) =>
            json.EnumerateArray().Select((element, i) => Validate(element, elementType, $"{path}[{i}]")).FirstOrDefault(error => error is not null);

        private string? ValidateObject(JsonElement json, JsonTypeInfo type, string path)
        {
            string[] discriminator = [];
            if (type.PolymorphismOptions is { } polymorphism)
            {
                discriminator = [polymorphism.TypeDiscriminatorPropertyName];
                if (GetDerivedType(json, polymorphism, type.Options.GetTypeInfo(typeof(string))) is not { } derived)
                    return $"{Join(path, discriminator[0])} must be one of: {string.Join(", ", polymorphism.DerivedTypes.Select(known => known.TypeDiscriminator))}.";
                type = type.Options.GetTypeInfo(derived);
            }

            foreach (var field in json.EnumerateObject())
            {
                if (discriminator.Contains(field.Name)) continue;
                if (GetFields(type).FirstOrDefault(property => property.Name == field.Name) is not { } property)
                    return $"Unknown field '{Join(path, field.Name)}'. Allowed fields: {string.Join(", ", discriminator.Concat(GetFieldNames(type)))}.";
                if (field.Value.ValueKind is JsonValueKind.Null && property.IsSetNullable) continue;
                var fieldType = type.Options.GetTypeInfo(property.PropertyType);
                if (field.Value.ValueKind is JsonValueKind.Null) return MustBe(Join(path, field.Name), fieldType);
                if (Validate(field.Value, fieldType, Join(path, field.Name)) is { } error) return error;
            }

            var missing = GetFields(type).FirstOrDefault(property => property.IsRequired && !json.TryGetProperty(property.Name, out _));
            return missing is null ? null : $"{Join(path, missing.Name)} is missing; it must be {Describe(type.Options.GetTypeInfo(missing.PropertyType))}.";
        }

        private string MustBe(string path, JsonTypeInfo type) => $"{(path.Length > 0 ? path : Whole)} must be {Describe(type)}.";

        private static string Join(string path, string field) => path.Length > 0 ? $"{path}.{field}" : field;

        private static Type? GetDerivedType(JsonElement json, JsonPolymorphismOptions polymorphism, JsonTypeInfo stringType) =>
            json.TryGetProperty(polymorphism.TypeDiscriminatorPropertyName, out var name) && name.ValueKind is JsonValueKind.String && CanDeserialize(name, stringType)
                ? polymorphism.DerivedTypes.FirstOrDefault(derived => name.ValueEquals((string)derived.TypeDiscriminator!)).DerivedType
                : null;

        private static bool CanDeserialize(JsonElement json, JsonTypeInfo type)
        {
            try
            {
                json.Deserialize(type);
                return true;
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
