using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Journal;

/// <summary>Parses recorded bodies.</summary>
internal static class JournalBody
{
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
}
