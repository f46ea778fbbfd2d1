using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChaserEmu.Conformance;

/// <summary>The formats of values in the documentation's examples.</summary>
internal static partial class Formats
{
    /// <summary>The names of the formats of strings, from the most special to the most general one.</summary>
    public static readonly IReadOnlyList<(string Name, Regex Pattern)> All =
    [
        ("session id", SessionId()),
        ("UUID", Uuid()),
        ("UTC timestamp with 6 fractional digits", Timestamp6()),
        ("UTC timestamp with 3 fractional digits", Timestamp3()),
        ("UTC timestamp without fractional digits", Timestamp0()),
        ("date", Date()),
        ("key secret", Secret()),
        ("key prefix", Prefix()),
        ("ws or wss URL", WebSocketUrl()),
        ("http or https URL", HttpUrl()),
    ];

    /// <summary>Returns the name of the first format that a string has; null for other texts.</summary>
    public static string? Find(string text) => All.FirstOrDefault(format => format.Pattern.IsMatch(text)).Name;

    /// <summary>Fails the check unless a value is a string of a format.</summary>
    public static void Expect(JsonElement value, string what, string format)
    {
        var (_, pattern) = All.Single(candidate => candidate.Name == format);
        if (value.ValueKind is not JsonValueKind.String || !pattern.IsMatch(value.GetString()!))
            throw new CheckFailedException($"{what} must be a {format}, but is {value.GetRawText()}.");
    }

    [GeneratedRegex("^sess_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")]
    public static partial Regex SessionId();

    [GeneratedRegex("^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
    public static partial Regex Uuid();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    private static partial Regex Timestamp6();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    private static partial Regex Timestamp3();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
    private static partial Regex Timestamp0();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d$")]
    private static partial Regex Date();

    [GeneratedRegex("^cha_(live|test)_[A-Za-z0-9_-]{43}$")]
    public static partial Regex Secret();

    [GeneratedRegex("^cha_(live|test)_[A-Za-z0-9_-]{1,7}$")]
    private static partial Regex Prefix();

    [GeneratedRegex("^wss?://[^/]+/.+$")]
    private static partial Regex WebSocketUrl();

    [GeneratedRegex("^https?://[^/]+(/.*)?$")]
    private static partial Regex HttpUrl();
}
