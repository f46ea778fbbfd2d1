using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Gateway;

/// <summary>
/// Maps <c>/sessions/{id}</c>, the <c>cdp_url</c>: a browser-level DevTools WebSocket, with the DevTools discovery paths
/// below it. Assumed; the documentation names no authorization: the unguessable session id is enough.
/// </summary>
internal static class CdpEndpoints
{
    /// <summary>
    /// How long a connection waits for a browser that is still starting. A client can connect right after creation, as the
    /// documentation's example does, when the provisioning delay is over but the browser has not started yet.
    /// </summary>
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(20);

    private static readonly (string Path, DevToolsDocument Document)[] DiscoveryPaths =
        [("/json", DevToolsDocument.List), ("/json/list", DevToolsDocument.List), ("/json/version", DevToolsDocument.Version), ("/json/protocol", DevToolsDocument.Protocol)];

    public static void MapCdp(this IEndpointRouteBuilder app)
    {
        var session = app.MapGroup("/sessions/{id}").ExcludeFromDescription();
        session.MapGet("", (string id, HttpContext context, SessionRegistry sessions, CdpTunnel tunnel) =>
            ConnectAsync(id, null, context, sessions, tunnel));
        session.MapGet("/devtools/browser/{target}", (string id, HttpContext context, SessionRegistry sessions, CdpTunnel tunnel) =>
            ConnectAsync(id, null, context, sessions, tunnel));
        session.MapGet("/devtools/page/{target}", (string id, string target, HttpContext context, SessionRegistry sessions, CdpTunnel tunnel) =>
            ConnectAsync(id, target, context, sessions, tunnel));
        foreach (var (path, document) in DiscoveryPaths)
        {
            session.MapGet(path, (string id, HttpContext context, SessionRegistry sessions, PublicUrlBuilder urls) =>
                DiscoverAsync(id, document, context, sessions, urls));
            app.MapGet(path, () => new ApiErrorResult(ApiError.NotFound with
            {
                Message = $"DevTools discovery is below a session's address: GET /sessions/{{id}}{path}. If your client drops the path of a URL, give it the session's cdp_url.",
            })).ExcludeFromDescription();
        }
    }

    private static async Task<IResult> ConnectAsync(string id, string? target, HttpContext context, SessionRegistry sessions, CdpTunnel tunnel)
    {
        var (session, error) = await sessions.FindReadyAsync(id, workspace: null, context.RequestAborted, ReadyTimeout);
        if (session is null) return new ApiErrorResult(error!);
        if (!IsWebSocketUpgrade(context.Request)) return new ApiErrorResult(ApiError.UpgradeRequired);
        if (!HasWebSocketKey(context.Request)) return new ApiErrorResult(ApiError.InvalidRequest("Sec-WebSocket-Key must be 16 bytes in base64."));
        return await tunnel.RunAsync(context, session.Live, session.Browser, target) is { } refusal ? new ApiErrorResult(refusal) : Results.Empty;
    }

    private static async Task<IResult> DiscoverAsync(
        string id, DevToolsDocument document, HttpContext context, SessionRegistry sessions, PublicUrlBuilder urls)
    {
        var (session, error) = await sessions.FindReadyAsync(id, workspace: null, context.RequestAborted, ReadyTimeout);
        if (session is null) return new ApiErrorResult(error!);
        var answer = await DevToolsDiscovery.GetJsonAsync(session.Browser, document, urls.GetCdpUrl(context.Request, session.Live.Id), context.RequestAborted);
        return answer is null ? new ApiErrorResult(ApiError.BrowserUnavailable) : Results.Text(answer, "application/json; charset=utf-8");
    }

    /// <summary>Returns whether the request is a valid WebSocket handshake (RFC 6455, section 4.2.1) on a connection that Kestrel can upgrade.</summary>
    public static bool IsWebSocketUpgrade(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && HttpProtocol.IsHttp11(request.Protocol)
        && request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
        && request.Headers.SecWebSocketVersion == "13";

    private static bool HasWebSocketKey(HttpRequest request)
    {
        Span<byte> key = stackalloc byte[18];
        return Convert.TryFromBase64String(request.Headers.SecWebSocketKey.ToString(), key, out var length) && length == 16;
    }
}
