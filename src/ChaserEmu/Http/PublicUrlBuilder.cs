using ChaserEmu.Domain;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Settings under <c>Public</c>.</summary>
internal sealed class PublicOptions : ISettings
{
    public static string Section => "Public";

    /// <summary>The base of all URLs in responses, such as <c>https://emu.test:8443</c>. Default: the host of each request.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>Reverse proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> headers are trusted: IP addresses, or networks such as <c>10.0.0.0/8</c>. Default: none.</summary>
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<string> Validate()
    {
        foreach (var proxy in TrustedProxies)
        {
            if (!Http.ForwardedHeadersSetup.TryParseNetwork(proxy, out _))
                yield return $"Public:TrustedProxies contains '{proxy}', which is not an IP address or network. Use a form such as 10.0.0.5 or 10.0.0.0/8.";
        }

        if (BaseUrl is not null && !(Uri.TryCreate(BaseUrl, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", Query: "", Fragment: "" }))
            yield return $"Public:BaseUrl is '{BaseUrl}', but must be an http or https address such as http://emulator:8080.";
    }
}

/// <summary>Builds the absolute URLs in responses.</summary>
internal sealed class PublicUrlBuilder(IOptionsMonitor<PublicOptions> options)
{
    /// <summary>Gets the DevTools WebSocket URL of a session: <c>ws</c> for <c>http</c>, <c>wss</c> for <c>https</c>.</summary>
    public string GetCdpUrl(HttpRequest request, SessionId session) => $"ws{GetBaseUrl(request).AsSpan(4)}/sessions/{session}";

    /// <summary>Gets the live view URL of a session.</summary>
    public string GetPreviewUrl(HttpRequest request, SessionId session, string token) => $"{GetCdpUrl(request, session)}/preview?token={token}";

    /// <summary>Gets the checkout page URL of a top-up.</summary>
    public string GetCheckoutUrl(HttpRequest request, string token) => $"{GetBaseUrl(request)}/checkout/{token}";

    /// <summary>Gets the base URL, without a trailing slash.</summary>
    public string GetBaseUrl(HttpRequest request)
    {
        if (options.CurrentValue.BaseUrl is { } configured) return new Uri(configured).AbsoluteUri.TrimEnd('/');
        var host = request.Host.HasValue ? request.Host.Value : GetLocalAddress(request.HttpContext.Connection);
        return $"{request.Scheme}://{host}{request.PathBase}";
    }

    /// <summary>Gets the local address of the connection, for HTTP/1.0 requests without a <c>Host</c> header.</summary>
    private static string GetLocalAddress(ConnectionInfo connection) =>
        new System.Net.IPEndPoint(connection.LocalIpAddress ?? System.Net.IPAddress.Loopback, connection.LocalPort).ToString();
}
