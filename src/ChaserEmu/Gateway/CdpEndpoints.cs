using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Gateway;

/// <summary>
/// <c>/sessions/{id}</c>, the <c>cdp_url</c>: a browser-level DevTools WebSocket, and below it what DevTools tools look for
/// under a browser's address. The unguessable id is all the authorization it needs.
/// </summary>
internal static class CdpEndpoints
{
    /// <summary>
    /// A client that connects right after creation, as the documentation's own program does, finds a session whose provisioning delay
    /// is over but whose browser still starts. It is held for that moment.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly (string Path, string What)[] Discoveries =
        [("/json", "list"), ("/json/list", "list"), ("/json/version", "version"), ("/json/protocol", "protocol")];

    public static void MapCdp(this IEndpointRouteBuilder app)
    {
        var session = app.MapGroup("/sessions/{id}").ExcludeFromDescription();
        session.MapGet("", (string id, HttpContext context, SessionRegistry sessions, CdpTunnel tunnels) =>
            ConnectAsync(id, null, context, sessions, tunnels));
        session.MapGet("/devtools/browser/{target}", (string id, HttpContext context, SessionRegistry sessions, CdpTunnel tunnels) =>
            ConnectAsync(id, null, context, sessions, tunnels));
        session.MapGet("/devtools/page/{target}", (string id, string target, HttpContext context, SessionRegistry sessions, CdpTunnel tunnels) =>
            ConnectAsync(id, target, context, sessions, tunnels));
        foreach (var (path, what) in Discoveries)
        {
            session.MapGet(path, (string id, HttpContext context, SessionRegistry sessions, DevToolsDiscovery discovery, PublicUrlBuilder address) =>
                DiscoverAsync(id, what, context, sessions, discovery, address));
        }
    }

    private static async Task<IResult> ConnectAsync(string id, string? target, HttpContext context, SessionRegistry sessions, CdpTunnel tunnels)
    {
        var (session, error) = await sessions.FindReadyAsync(id, workspace: null, context.RequestAborted, Patience);
        if (session is null) return new ApiErrorResult(error!);
        if (!IsWebSocketUpgrade(context.Request)) return new ApiErrorResult(ApiError.UpgradeRequired);
        if (!HasWebSocketKey(context.Request)) return new ApiErrorResult(ApiError.InvalidRequest("Sec-WebSocket-Key must be 16 bytes in base64."));
        return await tunnels.RunAsync(context, session.Live, session.Browser, target) is { } refused ? new ApiErrorResult(refused) : Results.Empty;
    }

    private static async Task<IResult> DiscoverAsync(
        string id, string what, HttpContext context, SessionRegistry sessions, DevToolsDiscovery discovery, PublicUrlBuilder address)
    {
        var (session, error) = await sessions.FindReadyAsync(id, workspace: null, context.RequestAborted, Patience);
        if (session is null) return new ApiErrorResult(error!);
        var answer = await discovery.GetJsonAsync(session.Browser, what, address.GetCdpUrl(context.Request, session.Live.Id), context.RequestAborted);
        return answer is null ? new ApiErrorResult(ApiError.BrowserUnavailable) : Results.Text(answer, "application/json; charset=utf-8");
    }

    /// <summary>What RFC 6455, section 4.2.1, asks of an opening handshake. Kestrel says whether the connection can be upgraded at all.</summary>
    private static bool IsWebSocketUpgrade(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        && request.Headers.SecWebSocketVersion == "13";

    private static bool HasWebSocketKey(HttpRequest request)
    {
        Span<byte> nonce = stackalloc byte[18];
        return Convert.TryFromBase64String(request.Headers.SecWebSocketKey.ToString(), nonce, out var length) && length == 16;
    }
}
