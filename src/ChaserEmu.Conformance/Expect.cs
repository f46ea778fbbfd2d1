using System.Text.Json;

namespace ChaserEmu.Conformance;

/// <summary>Conditions of checks.</summary>
internal static class Expect
{
    public static void True(bool condition, string message)
    {
        if (!condition) throw new CheckFailedException(message);
    }

    public static void Equal<T>(string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual)) throw new CheckFailedException($"{what} must be {expected}, but is {actual?.ToString() ?? "null"}.");
    }

    /// <summary>Fails unless an object has exactly these fields, in any order.</summary>
    public static void Fields(JsonElement json, string what, params IReadOnlyCollection<string> names)
    {
        if (json.ValueKind is not JsonValueKind.Object) throw new CheckFailedException($"{what} must be an object, but is {json.ValueKind}.");
        var actual = json.EnumerateObject().Select(field => field.Name).ToHashSet();
        var missing = names.Where(name => !actual.Contains(name)).ToList();
        var extra = actual.Where(name => !names.Contains(name)).ToList();
        if (missing.Count + extra.Count > 0)
            throw new CheckFailedException($"{what} must have exactly {names.Count} fields{List("; missing: ", missing)}{List("; not documented: ", extra)}.");
    }

    public static void Near(string what, TimeSpan expected, TimeSpan actual, TimeSpan tolerance) =>
        True((actual - expected).Duration() <= tolerance, $"{what} must be {expected.TotalSeconds:0.###} s (± {tolerance.TotalSeconds:0.###} s), but is {actual.TotalSeconds:0.###} s.");

    private static string List(string label, List<string> names) => names.Count == 0 ? "" : label + string.Join(", ", names);
}
