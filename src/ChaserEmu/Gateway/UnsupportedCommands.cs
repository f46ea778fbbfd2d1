using System.Text.Json;

namespace ChaserEmu.Gateway;

/// <summary>CDP commands that Chrome has and the service has not (<see cref="CdpOptions"/>).</summary>
internal static class UnsupportedCommands
{
    public const string CreateContext = "Target.createBrowserContext";

    /// <summary>The code of Chrome's own errors for commands that it cannot execute.</summary>
    private const int ServerError = -32000;

    /// <summary>Returns the response for a refused command; null if it has no id, which Chrome answers.</summary>
    public static byte[]? Refuse(JsonElement command) =>
        command.TryGetProperty("id", out var id) ? Respond(id, command.TryGetProperty("sessionId", out var session) ? session : null) : null;

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
