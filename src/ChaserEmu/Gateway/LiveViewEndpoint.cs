using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>Maps <c>/sessions/{id}/preview?token=…</c>: the live view of a session. It requires a valid preview token.</summary>
internal static class LiveViewEndpoint
{
    private static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);
    private static readonly ApiError InvalidToken = ApiError.Unauthorized with { Message = "Missing, invalid or expired preview token." };

    /// <summary>Maps the route with its own WebSocket middleware. The tunnel of <c>cdp_url</c> does not use it: it upgrades by itself.</summary>
    public static void MapLiveView(this IEndpointRouteBuilder app)
    {
        var view = app.CreateApplicationBuilder();
        view.UseWebSockets(new WebSocketOptions { KeepAliveInterval = KeepAliveInterval, KeepAliveTimeout = KeepAliveInterval });
        view.Run(ConnectAsync);
        app.MapGet("/sessions/{id}/preview", view.Build()).ExcludeFromDescription();
    }

    private static async Task ConnectAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var (session, error) = await services.GetRequiredService<SessionRegistry>()
            .FindReadyAsync((string)context.Request.RouteValues["id"]!, workspace: null, context.RequestAborted);
        if (session is not null)
        {
            var isTokenValid = services.GetRequiredService<PreviewTokenIssuer>().IsValid(context.Request.Query["token"], session.Live.Id);
            error = !isTokenValid ? InvalidToken : !(context.WebSockets.IsWebSocketRequest && CdpEndpoints.IsWebSocketUpgrade(context.Request)) ? ApiError.UpgradeRequired : null;
        }

        if (error is not null) await new ApiErrorResult(error).ExecuteAsync(context);
        else await ViewAsync(context, session!);
    }

    private static async Task ViewAsync(HttpContext context, ReadySession session)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var view = new LiveView(socket, session.Browser);
        var isAdded = session.Live.TryAddViewer(view);
        try
        {
            // A viewer that connects while the session ends also gets the close frame with the reason.
            var running = view.RunAsync();
            if (!isAdded && (await session.Live.EndRequested).Reason is { } reason) _ = view.CloseAsync(reason);
            await running;
        }
        finally
        {
            session.Live.RemoveViewer(view);
            view.MarkFinished();
        }
    }
}
