using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary><c>GET /sessions/{id}</c>, the <c>cdp_url</c>: a browser-level DevTools WebSocket. The unguessable id is all the authorization it needs.</summary>
internal static class CdpEndpoint
{
    public static void MapCdp(this IEndpointRouteBuilder app) =>
        app.MapGet("/sessions/{id}", ConnectAsync).ExcludeFromDescription();

    private static async Task<IResult> ConnectAsync(string id, HttpContext context, SessionDirectory sessions, CdpTunnel tunnels)
    {
        if (!SessionId.TryParse(id, out var parsed)) return new ApiErrorResult(ApiError.SessionNotFound);
        if (!sessions.TryGetLive(parsed, out var live))
        {
            var ended = await sessions.FindAsync(parsed, workspace: null, context.RequestAborted);
            return new ApiErrorResult(ended is null ? ApiError.SessionNotFound : ApiError.SessionNotOpen);
        }

        if (live.Ended.IsCompleted) return new ApiErrorResult(ApiError.SessionNotOpen);
        if (live.Current is { Status: not SessionStatus.Ready }) return new ApiErrorResult(ApiError.SessionNotReady);
        if (live.Browser is not { } browser) return new ApiErrorResult(ApiError.SessionNotProvisioned);
        if (!IsWebSocketUpgrade(context.Request)) return new ApiErrorResult(ApiError.UpgradeRequired);
        if (!HasWebSocketKey(context.Request)) return new ApiErrorResult(ApiError.InvalidRequest("Sec-WebSocket-Key must be 16 bytes in base64."));
        return await tunnels.RunAsync(context, live, browser) is { } refused ? new ApiErrorResult(refused) : Results.Empty;
    }

    /// <summary>What RFC 6455, section 4.2.1, asks of an opening handshake. Kestrel says whether the connection can be upgraded at all.</summary>
    private static bool IsWebSocketUpgrade(HttpRequest request) =>
        request.HttpContext.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && string.Equals(request.Headers.Upgrade, "websocket", StringComparison.OrdinalIgnoreCase)
            && request.Headers.SecWebSocketVersion == "13";

    private static bool HasWebSocketKey(HttpRequest request)
    {
        Span<byte> nonce = stackalloc byte[18];
        return Convert.TryFromBase64String(request.Headers.SecWebSocketKey.ToString(), nonce, out var length) && length == 16;
    }
}
