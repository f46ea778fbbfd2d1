using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>
/// Asks a browser what DevTools tools ask it over HTTP (<c>/json/version</c>, <c>/json/list</c>, <c>/json/protocol</c>), and turns
/// the WebSocket addresses in its answers into ones that lead back through the session's tunnel, where they are metered.
/// </summary>
internal sealed class DevToolsDiscovery : IDisposable
{
    private const string Frontend = "devtools://devtools/bundled/inspector.html";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    /// <summary>The answer as JSON; null when the browser gave none.</summary>
    /// <param name="browser">The session's browser, started again if a client has closed it.</param>
    /// <param name="what"><c>version</c>, <c>list</c> or <c>protocol</c>.</param>
    /// <param name="cdpUrl">The session's own WebSocket address.</param>
    /// <param name="cancellationToken">The client has gone.</param>
    public async Task<string?> GetJsonAsync(Browser browser, string what, string cdpUrl, CancellationToken cancellationToken)
    {
        try
        {
            var port = await browser.ConnectAsync(cancellationToken);
            var answer = await _client.GetStringAsync(new Uri($"http://{port.Address.Authority}/json/{what}"), cancellationToken);
            if (what == "protocol") return answer;

            var json = JsonNode.Parse(answer)!;
            if (json is JsonArray pages) foreach (var page in pages) Redirect(page!.AsObject(), cdpUrl);
            else Redirect(json.AsObject(), cdpUrl);
            return json.ToJsonString(Readable);
        }
        catch (Exception fault) when (fault is HttpRequestException or BrowserUnavailableException or ObjectDisposedException
            || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => _client.Dispose();

    private static void Redirect(JsonObject target, string cdpUrl)
    {
        if (target["webSocketDebuggerUrl"] is not { } own) return;
        var path = new Uri(own.GetValue<string>()).AbsolutePath;
        var address = path.StartsWith("/devtools/browser/", StringComparison.Ordinal) ? cdpUrl : cdpUrl + path;
        target["webSocketDebuggerUrl"] = address;
        if (target.ContainsKey("devtoolsFrontendUrl"))
        {
            var scheme = address[..address.IndexOf(':', StringComparison.Ordinal)];
            target["devtoolsFrontendUrl"] = $"{Frontend}?{scheme}={address[(scheme.Length + 3)..]}";
        }
    }
}
