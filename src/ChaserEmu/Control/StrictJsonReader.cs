using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary>
/// Reads JSON into its contract, or says in the API's own words which field is wrong, as a path such as <c>match.status</c> or
/// <c>sessions[0].cdp.bytes_up</c>, and what it must be. It reads the contract, so that this is one place for all of them.
/// </summary>
internal static class StrictJsonReader
{
    /// <param name="json">No field of it twice.</param>
    /// <param name="type">Its contract.</param>
    /// <param name="whole">What it is, at the beginning of a sentence: <c>The body</c>.</param>
    public static (T? Value, string? Fault) Read<T>(JsonElement json, JsonTypeInfo<T> type, string whole)
        where T : class
    {
        if (new Reading(whole, TriesValues: false).Fault(json, type, "") is { } misshapen) return (null, misshapen);
        try
        {
            return (json.Deserialize(type), null);
        }
        catch (JsonException)
        {
            // Some value has the right form, and cannot be: which one is looked for only now.
            return (null, new Reading(whole, TriesValues: true).Fault(json, type, "") ?? $"{whole} cannot be understood.");
        }
    }

    /// <summary>The names of a contract's fields.</summary>
    public static IEnumerable<string> GetFieldNames(JsonTypeInfo type) => Written(type).Select(property => property.Name);

    /// <summary>What is only computed is no field.</summary>
    private static IEnumerable<JsonPropertyInfo> Written(JsonTypeInfo type) => type.Properties.Where(property => property.Get is not null);

    /// <summary>What a value must be, in a sentence.</summary>
    private static string Form(JsonTypeInfo type) => (Nullable.GetUnderlyingType(type.Type) ?? type.Type) switch
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

    private sealed record Reading(string Whole, bool TriesValues)
    {
        public string? Fault(JsonElement json, JsonTypeInfo type, string path) => type.Kind switch
        {
            JsonTypeInfoKind.Object => json.ValueKind is JsonValueKind.Object ? InObject(json, type, path) : Must(path, type),
            JsonTypeInfoKind.Enumerable => json.ValueKind is JsonValueKind.Array ? InArray(json, type.Options.GetTypeInfo(type.ElementType!), path) : Must(path, type),
            _ when type.Type == typeof(JsonElement) => null,
            _ when type.Type == typeof(JsonObject) && json.ValueKind is JsonValueKind.Object =>
                JournalBody.Parse(json.GetRawText()) is null ? $"{path} has a text that escapes half a surrogate pair." : null,
            _ when type.Type == typeof(JsonObject) => Must(path, type),
            _ => TriesValues && !CanBe(json, type) ? Must(path, type) : null,
        };

        private string? InArray(JsonElement json, JsonTypeInfo element, string path) =>
            json.EnumerateArray().Select((each, i) => Fault(each, element, $"{path}[{i}]")).FirstOrDefault(fault => fault is not null);

        private string? InObject(JsonElement json, JsonTypeInfo type, string path)
        {
            string[] more = [];
            if (type.PolymorphismOptions is { } kinds)
            {
                more = [kinds.TypeDiscriminatorPropertyName];
                if (KindOf(json, kinds, type.Options.GetTypeInfo(typeof(string))) is not { } kind)
                    return $"{Join(path, more[0])} must be one of: {string.Join(", ", kinds.DerivedTypes.Select(known => known.TypeDiscriminator))}.";
                type = type.Options.GetTypeInfo(kind);
            }

            foreach (var given in json.EnumerateObject())
            {
                if (more.Contains(given.Name)) continue;
                if (Written(type).FirstOrDefault(property => property.Name == given.Name) is not { } property)
                    return $"There is no field '{Join(path, given.Name)}'; {(path.Length > 0 ? path : char.ToLowerInvariant(Whole[0]) + Whole[1..])} takes: {string.Join(", ", more.Concat(GetFieldNames(type)))}.";
                if (given.Value.ValueKind is JsonValueKind.Null && property.IsSetNullable) continue;
                var value = type.Options.GetTypeInfo(property.PropertyType);
                if (given.Value.ValueKind is JsonValueKind.Null) return Must(Join(path, given.Name), value);
                if (Fault(given.Value, value, Join(path, given.Name)) is { } fault) return fault;
            }

            var missing = Written(type).FirstOrDefault(property => property.IsRequired && !json.TryGetProperty(property.Name, out _));
            return missing is null ? null : $"{Join(path, missing.Name)} is missing; it must be {Form(type.Options.GetTypeInfo(missing.PropertyType))}.";
        }

        private string Must(string path, JsonTypeInfo type) => $"{(path.Length > 0 ? path : Whole)} must be {Form(type)}.";

        private static string Join(string path, string field) => path.Length > 0 ? $"{path}.{field}" : field;

        private static Type? KindOf(JsonElement json, JsonPolymorphismOptions kinds, JsonTypeInfo text) =>
            json.TryGetProperty(kinds.TypeDiscriminatorPropertyName, out var name) && name.ValueKind is JsonValueKind.String && CanBe(name, text)
                ? kinds.DerivedTypes.FirstOrDefault(kind => name.ValueEquals((string)kind.TypeDiscriminator!)).DerivedType
                : null;

        private static bool CanBe(JsonElement json, JsonTypeInfo type)
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
