using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Conformance.Shapes;

/// <summary>What values of one place in an answer look like: types, formats, fields. It has no values, except those of enumerations.</summary>
internal sealed class Shape
{
    /// <summary>The fields whose values are enumerations of the API.</summary>
    private static readonly HashSet<string> Enumerations = ["object", "status", "ended_reason", "code", "period"];

    /// <summary>Gets the JSON types that were seen.</summary>
    public SortedSet<string> Types { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Gets the formats of strings; <c>text</c> for strings without one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedSet<string>? Formats { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedSet<string>? Values { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedDictionary<string, Shape>? Fields { get; set; }

    /// <summary>Gets the fields that some objects do not have.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedSet<string>? Optional { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Shape? Items { get; set; }

    /// <summary>Adds what a value looks like.</summary>
    /// <param name="value">The value.</param>
    /// <param name="name">The name of its field; null outside of objects.</param>
    public void Add(JsonElement value, string? name = null)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                AddObject(value);
                break;
            case JsonValueKind.Array:
                Types.Add("array");
                Items ??= new Shape();
                foreach (var item in value.EnumerateArray()) Items.Add(item);
                break;
            case JsonValueKind.String when name is not null && Enumerations.Contains(name):
                Types.Add("string");
                (Values ??= new(StringComparer.Ordinal)).Add(value.GetString()!);
                break;
            case JsonValueKind.String:
                Types.Add("string");
                (Formats ??= new(StringComparer.Ordinal)).Add(Conformance.Formats.Find(value.GetString()!) ?? "text");
                break;
            case JsonValueKind.Number:
                Types.Add(value.TryGetInt64(out _) ? "integer" : "number");
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Types.Add("boolean");
                break;
            default:
                Types.Add("null");
                break;
        }
    }

    private void AddObject(JsonElement value)
    {
        var isFirst = Types.Add("object");
        Fields ??= new(StringComparer.Ordinal);
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in value.EnumerateObject())
        {
            present.Add(field.Name);
            if (!Fields.TryGetValue(field.Name, out var shape))
            {
                Fields[field.Name] = shape = new Shape();
                if (!isFirst) (Optional ??= new(StringComparer.Ordinal)).Add(field.Name);
            }

            shape.Add(field.Value, field.Name);
        }

        foreach (var missing in Fields.Keys.Where(name => !present.Contains(name))) (Optional ??= new(StringComparer.Ordinal)).Add(missing);
    }
}
