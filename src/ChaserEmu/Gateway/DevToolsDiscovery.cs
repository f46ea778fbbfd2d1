using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>
/// Forwards DevTools discovery requests to a browser (<c>/json/version</c>, <c>/json/list</c>, <c>/json/protocol</c>). It replaces the
/// WebSocket addresses in the responses by addresses of the session's tunnel, so that their traffic is metered.
/// </summary>
internal sealed class DevToolsDiscovery : IDisposable
{
    private const string Frontend = "devtools://devtools/bundled/inspector.html";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>Returns the browser's response as JSON, or null if the browser did not answer.</summary>
    /// <param name="browser">The session's browser. It is restarted if a client has closed it.</param>
    /// <param name="resource"><c>version</c>, <c>list</c> or <c>protocol</c>.</param>
    /// <param name="cdpUrl">The <c>cdp_url</c> of the session.</param>
    /// <param name="cancellationToken">Is cancelled when the client disconnects.</param>
    public async Task<string?> GetJsonAsync(Browser browser, string resource, string cdpUrl, CancellationToken cancellationToken)
    {
        try
        {
            var endpoint = await browser.ConnectAsync(cancellationToken);
            var response = await _client.GetStringAsync(new Uri($"http://{endpoint.Address.Authority}/json/{resource}"), cancellationToken);
            if (resource == "protocol") return response;

            var json = JsonNode.Parse(response)!;
            if (json is JsonArray pages) foreach (var page in pages) ReplaceAddresses(page!.AsObject(), cdpUrl);
            else ReplaceAddresses(json.AsObject(), cdpUrl);
            return json.ToJsonString(Indented);
        }
        catch (Exception exception) when (exception is HttpRequestException or BrowserUnavailableException or ObjectDisposedException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

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
