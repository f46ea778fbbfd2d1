using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>Parses recorded bodies, and redacts secrets in recorded text.</summary>
internal static partial class JournalBody
{
    /// <summary>Every secret contains one of these, and most texts contain none: a cheap test before the regular expression.</summary>
    private static readonly SearchValues<string> SecretMarkers = SearchValues.Create(["cha_", "token=", "/checkout/"], StringComparison.Ordinal);

    /// <summary>Parses a body. Returns null if it is null, not JSON, or has an unpaired surrogate, which cannot be serialized again.</summary>
    public static JsonNode? Parse(string? body)
    {
        if (body is null) return null;
        try
        {
            var json = JsonNode.Parse(body);

            // JsonNode decodes strings lazily. Serialize now to find unpaired surrogates, which would throw later.
            if (body.Contains(@"\ud", StringComparison.OrdinalIgnoreCase)) json?.ToJsonString();
            return json;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Replaces API keys by their prefix, and removes the tokens of live views and checkouts, wherever they occur.</summary>
    public static string Redact(string text) => !text.AsSpan().ContainsAny(SecretMarkers) ? text : Secrets().Replace(text, secret =>
        secret.Groups["key"].Success ? ApiKeySecret.TryParse(secret.Value, out var key) ? key.ToString() : "…" : secret.Groups["before"].Value + "…");

    [GeneratedRegex(@"(?<key>cha_(live|test)_[A-Za-z0-9_-]+)|(?<before>[?&]token=)[^&""\s]+|(?<before>/checkout/)[A-Za-z0-9_-]+", RegexOptions.CultureInvariant)]
    private static partial Regex Secrets();
}
