using ChaserEmu.Domain;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Settings under <c>Public</c>.</summary>
internal sealed class PublicOptions : ISettings
{
    public static string Section => "Public";

    private static readonly string[] BaseUrlSchemes = ["http", "https"];
    private static readonly string[] WebSocketSchemes = ["ws", "wss", "http", "https"];

    /// <summary>The base of all URLs in responses, such as <c>https://emu.test:8443</c>. Default: the host of each request.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>The base of <c>cdp_url</c>, such as <c>wss://cdp.emu.test</c>. Default: the same as <c>Public:BaseUrl</c>; <c>cdp.chaser.sh</c> if its host is one of the service.</summary>
    public string? CdpBaseUrl { get; set; }

    /// <summary>The base of live view URLs, such as <c>wss://stream.emu.test</c>. Default: the same as <c>Public:BaseUrl</c>; <c>stream.chaser.sh</c> if its host is one of the service.</summary>
    public string? StreamBaseUrl { get; set; }

    /// <summary>Reverse proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> headers are trusted: IP addresses, or networks such as <c>10.0.0.0/8</c>. Default: none.</summary>
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<string> Validate()
    {
        foreach (var proxy in TrustedProxies)
        {
            if (!Http.ForwardedHeadersSetup.TryParseNetwork(proxy, out _))
                yield return $"Public:TrustedProxies contains '{proxy}', which is not an IP address or network. Use a form such as 10.0.0.5 or 10.0.0.0/8.";
        }

        if (!IsValid(BaseUrl, BaseUrlSchemes)) yield return $"Public:BaseUrl is '{BaseUrl}', but must be an http or https address such as http://emulator:8080.";
        if (!IsValid(CdpBaseUrl, WebSocketSchemes)) yield return $"Public:CdpBaseUrl is '{CdpBaseUrl}', but must be a ws or wss address such as wss://cdp.emulator.test.";
        if (!IsValid(StreamBaseUrl, WebSocketSchemes)) yield return $"Public:StreamBaseUrl is '{StreamBaseUrl}', but must be a ws or wss address such as wss://stream.emulator.test.";
    }

    private static bool IsValid(string? url, string[] schemes) =>
        url is null || (Uri.TryCreate(url, UriKind.Absolute, out var uri) && schemes.Contains(uri.Scheme) && uri is { Query: "", Fragment: "" });
}

/// <summary>Builds the absolute URLs in responses.</summary>
internal sealed class PublicUrlBuilder(IOptionsMonitor<PublicOptions> options)
{
    /// <summary>Gets the DevTools WebSocket URL of a session: <c>ws</c> for <c>http</c>, <c>wss</c> for <c>https</c>.</summary>
    public string GetCdpUrl(HttpRequest request, SessionId session) => $"{GetCdpBaseUrl(request)}/sessions/{session}";

    /// <summary>Gets the base of the DevTools WebSocket URLs, without a trailing slash.</summary>
    public string GetCdpBaseUrl(HttpRequest request) => GetWebSocketBaseUrl(request, options.CurrentValue.CdpBaseUrl, ServiceHosts.Cdp);

    /// <summary>Gets the live view URL of a session.</summary>
    public string GetPreviewUrl(HttpRequest request, SessionId session, string token) =>
        $"{GetWebSocketBaseUrl(request, options.CurrentValue.StreamBaseUrl, ServiceHosts.Stream)}/sessions/{session}/preview?token={token}";

    /// <summary>Gets the checkout page URL of a top-up.</summary>
    public string GetCheckoutUrl(HttpRequest request, string token) => $"{GetBaseUrl(request)}/checkout/{token}";

    /// <summary>Gets the base URL, without a trailing slash.</summary>
    public string GetBaseUrl(HttpRequest request)
    {
        if (options.CurrentValue.BaseUrl is { } configured) return Normalize(configured);
        var host = request.Host.HasValue ? request.Host.Value : GetLocalAddress(request.HttpContext.Connection);
        return $"{request.Scheme}://{host}{request.PathBase}";
    }

    private string GetWebSocketBaseUrl(HttpRequest request, string? configured, string serviceHost)
    {
        var url = configured is not null ? Normalize(configured) : ServiceHosts.Replace(GetBaseUrl(request), serviceHost);
        return url.StartsWith("http", StringComparison.Ordinal) ? $"ws{url.AsSpan(4)}" : url;
    }

    private static string Normalize(string url) => new Uri(url).AbsoluteUri.TrimEnd('/');

    /// <summary>Gets the local address of the connection, for HTTP/1.0 requests without a <c>Host</c> header.</summary>
    private static string GetLocalAddress(ConnectionInfo connection) =>
        new System.Net.IPEndPoint(connection.LocalIpAddress ?? System.Net.IPAddress.Loopback, connection.LocalPort).ToString();
}
