using System.Text.Json;

namespace ChaserEmu.Gateway;

/// <summary>CDP commands that Chrome has and the service has not (<see cref="CdpOptions"/>).</summary>
internal static class UnsupportedCommands
{
    private const string CreateContext = "Target.createBrowserContext";

    /// <summary>The code of Chrome's own errors for commands that it cannot execute.</summary>
    private const int ServerError = -32000;

    private static readonly byte[] QuotedCreateContext = [.. "\"Target.createBrowserContext\""u8];

    /// <summary>Returns the response for a refused command; null for all other messages, also for invalid ones, which Chrome answers.</summary>
    public static byte[]? Refuse(ReadOnlySpan<byte> message)
    {
        if (message.IndexOf(QuotedCreateContext) < 0) return null;
        try
        {
            var command = JsonElement.Parse(message);
            if (command.ValueKind is not JsonValueKind.Object || !IsCreateContext(command) || !command.TryGetProperty("id", out var id)) return null;
            return Respond(id, command.TryGetProperty("sessionId", out var session) ? session : null);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsCreateContext(JsonElement command) =>
        command.TryGetProperty("method", out var method) && method.ValueKind is JsonValueKind.String && method.ValueEquals(CreateContext);

    private static byte[] Respond(JsonElement id, JsonElement? session)
    {
        using var body = new MemoryStream();
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WritePropertyName("id");
            id.WriteTo(json);
            json.WriteStartObject("error");
            json.WriteNumber("code", ServerError);
            json.WriteString("message", "The service does not support additional browser contexts: use the default context (Playwright: browser.contexts()[0]). To allow them in the emulator, set Cdp:AdditionalContexts=allow.");
            json.WriteEndObject();
            if (session is { } sessionId)
            {
                json.WritePropertyName("sessionId");
                sessionId.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return body.ToArray();
    }
}
