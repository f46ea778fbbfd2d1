using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>Bodies as they are kept: text, without secrets.</summary>
internal static partial class JournalBody
{
    /// <summary>One of these is in every secret, and none of them in nearly every text.</summary>
    private static readonly SearchValues<string> Beginnings = SearchValues.Create(["cha_", "token=", "/checkout/"], StringComparison.Ordinal);

    /// <summary>A body as JSON; null when there is none, or it is not, or escapes half a surrogate pair, with which nothing can be done.</summary>
    public static JsonNode? Parse(string? body)
    {
        if (body is null) return null;
        try
        {
            var json = JsonNode.Parse(body);

            // Texts are read late: the one that cannot be would fail whoever shows it.
            if (body.Contains(@"\ud", StringComparison.OrdinalIgnoreCase)) json?.ToJsonString();
            return json;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Keys are known by their form wherever they stand, and so are the tokens of live views and checkouts.</summary>
    public static string Redact(string text) => !text.AsSpan().ContainsAny(Beginnings) ? text : Secrets().Replace(text, secret =>
        secret.Groups["key"].Success ? ApiKeySecret.TryParse(secret.Value, out var key) ? key.ToString() : "…" : secret.Groups["before"].Value + "…");

    [GeneratedRegex(@"(?<key>cha_(live|test)_[A-Za-z0-9_-]+)|(?<before>[?&]token=)[^&""\s]+|(?<before>/checkout/)[A-Za-z0-9_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Secrets();
}
