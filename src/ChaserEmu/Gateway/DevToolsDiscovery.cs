using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>
/// Forwards DevTools discovery requests to a browser (<c>/json/version</c>, <c>/json/list</c>, <c>/json/protocol</c>). It replaces the
/// WebSocket addresses in the responses by addresses of the session's tunnel, so that their traffic is metered.
/// </summary>
internal static class DevToolsDiscovery
{
    private const string Frontend = "devtools://devtools/bundled/inspector.html";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Returns the browser's response as JSON, or null if the browser did not answer.</summary>
    /// <param name="browser">The session's browser. It is restarted if a client has closed it.</param>
    /// <param name="document">The document.</param>
    /// <param name="cdpUrl">The <c>cdp_url</c> of the session.</param>
    /// <param name="cancellationToken">Is cancelled when the client disconnects.</param>
    public static async Task<string?> GetJsonAsync(IBrowser browser, DevToolsDocument document, string cdpUrl, CancellationToken cancellationToken)
    {
        try
        {
            var response = await browser.GetDocumentAsync(document, cancellationToken);
            if (document is DevToolsDocument.Protocol) return response;

            var json = JsonNode.Parse(response)!;
            if (json is JsonArray pages) foreach (var page in pages) ReplaceAddresses(page!.AsObject(), cdpUrl);
            else ReplaceAddresses(json.AsObject(), cdpUrl);
            return json.ToJsonString(Indented);
        }
        catch (BrowserUnavailableException)
        {
            return null;
        }
    }

    private static void ReplaceAddresses(JsonObject target, string cdpUrl)
    {
        if (target["webSocketDebuggerUrl"] is not { } original) return;
        var path = new Uri(original.GetValue<string>()).AbsolutePath;
        var address = path.StartsWith("/devtools/browser/", StringComparison.Ordinal) ? cdpUrl : cdpUrl + path;
        target["webSocketDebuggerUrl"] = address;
        if (target.ContainsKey("devtoolsFrontendUrl"))
        {
            var scheme = address[..address.IndexOf(':', StringComparison.Ordinal)];
            target["devtoolsFrontendUrl"] = $"{Frontend}?{scheme}={address[(scheme.Length + 3)..]}";
        }
    }
}
