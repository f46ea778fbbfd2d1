using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary><c>/sessions/{id}/preview?token=…</c>: the live view of a session, for whoever holds a token for it.</summary>
internal static class LiveViewEndpoint
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static readonly ApiError BadToken = ApiError.Unauthorized with { Message = "Missing, invalid or expired preview token." };

    /// <summary>The middleware for WebSockets stands before this route alone: the tunnel of <c>cdp_url</c> does its own upgrade.</summary>
    public static void MapLiveView(this IEndpointRouteBuilder app)
    {
        var view = app.CreateApplicationBuilder();
        view.UseWebSockets(new WebSocketOptions { KeepAliveInterval = KeepAlive, KeepAliveTimeout = KeepAlive });
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
            var admitted = services.GetRequiredService<PreviewTokenIssuer>().IsValid(context.Request.Query["token"], session.Live.Id);
            error = !admitted ? BadToken : !context.WebSockets.IsWebSocketRequest ? ApiError.UpgradeRequired : null;
        }

        if (error is not null) await new ApiErrorResult(error).ExecuteAsync(context);
        else await ViewAsync(context, session!);
    }

    private static async Task ViewAsync(HttpContext context, ReadySession session)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var view = new LiveView(socket, session.Browser);
        var watched = session.Live.TryAddViewer(view);
        try
        {
            // One that comes while the session ends is told so like those before it.
            var viewing = view.RunAsync();
            if (!watched && (await session.Live.EndRequested).Reason is { } reason) _ = view.CloseAsync(reason);
            await viewing;
        }
        finally
        {
            session.Live.RemoveViewer(view);
            view.MarkFinished();
        }
    }
}
