using ChaserEmu.Domain;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Settings under <c>Public</c>.</summary>
internal sealed class PublicOptions : ISettings
{
    public static string Section => "Public";

    /// <summary>What the URLs in answers start with, such as <c>https://emu.test:8443</c>. Without it they follow each request's own host.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>Reverse proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are believed: addresses, or networks such as <c>10.0.0.0/8</c>. Default: none.</summary>
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<string> Validate()
    {
        foreach (var proxy in TrustedProxies)
        {
            if (!Http.ForwardedHeadersSetup.TryParseNetwork(proxy, out _))
                yield return $"Public:TrustedProxies has '{proxy}', but must have addresses or networks such as 10.0.0.5 or 10.0.0.0/8.";
        }

        if (BaseUrl is not null && !(Uri.TryCreate(BaseUrl, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https", Query: "", Fragment: "" }))
            yield return $"Public:BaseUrl is '{BaseUrl}', but must be an http or https address such as http://emulator:8080.";
    }
}

/// <summary>The addresses under which a client finds the emulator again.</summary>
internal sealed class PublicUrlBuilder(IOptionsMonitor<PublicOptions> options)
{
    /// <summary>The browser WebSocket of a session: <c>ws</c> or <c>wss</c>, as the REST address is <c>http</c> or <c>https</c>.</summary>
    public string GetCdpUrl(HttpRequest request, SessionId session) => $"ws{GetBaseUrl(request).AsSpan(4)}/sessions/{session}";

    /// <summary>The live view of a session.</summary>
    public string GetPreviewUrl(HttpRequest request, SessionId session, string token) => $"{GetCdpUrl(request, session)}/preview?token={token}";

    /// <summary>The page where a top-up is paid.</summary>
    public string GetCheckoutUrl(HttpRequest request, string token) => $"{GetBaseUrl(request)}/checkout/{token}";

    /// <summary>What every address begins with, without a slash at its end.</summary>
    public string GetBaseUrl(HttpRequest request)
    {
        if (options.CurrentValue.BaseUrl is { } configured) return new Uri(configured).AbsoluteUri.TrimEnd('/');
        var host = request.Host.HasValue ? request.Host.Value : LocalAddress(request.HttpContext.Connection);
        return $"{request.Scheme}://{host}{request.PathBase}";
    }

    /// <summary>A request of HTTP/1.0 may come without a Host.</summary>
    private static string LocalAddress(ConnectionInfo connection) =>
        new System.Net.IPEndPoint(connection.LocalIpAddress ?? System.Net.IPAddress.Loopback, connection.LocalPort).ToString();
}
