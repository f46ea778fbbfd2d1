using System.Text.Json;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary><c>/v1/sessions/{id}/screenshot</c>.</summary>
internal static class ScreenshotEndpoints
{
    private static readonly ApiError BadFormat = ApiError.InvalidRequest("format must be png or jpeg.");
    private static readonly ApiError BadFullPage = ApiError.InvalidRequest("full_page must be true or false.");
    private static readonly ApiError BadQuality = ApiError.InvalidRequest("quality must be an integer from 1 to 100.");

    public static void MapScreenshots(this RouteGroupBuilder v1) => v1.MapPost("/sessions/{id}/screenshot", TakeAsync)
        .WithTags("Sessions")
        .WithName("takeScreenshot")
        .WithSummary("Take a screenshot")
        .WithDescription(
            "Captures the oldest page of the default browser context at one pixel per CSS pixel. "
            + "A screenshot is not a CDP connection: it does not prevent idle expiry, and its bytes are not counted. "
            + "If the client has closed the browser, it is restarted. Limit: 60 screenshots per minute and session.")
        .AcceptsJson<ScreenshotRequest>()
        .Produces<Stream>(StatusCodes.Status200OK, "image/png", "image/jpeg")
        .ProducesErrors(
            BadFormat,
            BadFullPage,
            BadQuality,
            ApiError.Unauthorized,
            ApiError.SessionNotFound,
            ApiError.SessionNotReady,
            ApiError.SessionNotOpen,
            ApiError.SessionNotProvisioned,
            ApiError.NoPage,
            ApiError.RateLimited,
            ApiError.BrowserUnavailable)
        .ProducesErrors(JsonBody.Errors);

    private static async Task<IResult> TakeAsync(
        string id, HttpContext context, SessionRegistry sessions, SessionRateLimiter rates, IOptions<BrowserOptions> browsers)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        var (request, invalid) = Read(body);
        if (request is null) return new ApiErrorResult(invalid!);

        var (session, refused) = await sessions.FindReadyAsync(id, context.GetCaller().Workspace, context.RequestAborted);
        if (session is null) return new ApiErrorResult(refused!);
        if (rates.AcquireScreenshot(session.Live) is { } limited) return new ApiErrorResult(limited);

        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(browsers.Value.ScreenshotTimeoutSeconds), TimeProvider.System);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, session.Live.EndingToken, context.RequestAborted);
        try
        {
            var jpeg = request.Format is ScreenshotFormat.Jpeg;
            var image = await Screenshot.TakeAsync(session.Browser, jpeg ? request.Quality : null, request.FullPage, stopping.Token);
            return image is null ? new ApiErrorResult(ApiError.NoPage) : TypedResults.Bytes(image, jpeg ? "image/jpeg" : "image/png");
        }
        catch (PageBlockedException exception)
        {
            return new ApiErrorResult(ApiError.BrowserUnavailable with { Message = exception.Message });
        }
        catch (Exception exception) when (exception is BrowserUnavailableException or OperationCanceledException)
        {
            if (session.Live.EndRequested.IsCompleted) return new ApiErrorResult(ApiError.SessionNotOpen);
            return new ApiErrorResult(ApiError.BrowserUnavailable with
            {
                Message = timeout.IsCancellationRequested ? "The page did not respond in time; it may be frozen." : "The page or its browser closed before the screenshot was taken.",
            });
        }
    }

    private static (ScreenshotRequest? Request, ApiError? Error) Read(JsonElement body)
    {
        if (!body.TryGetString("format", 4, "png", out var format) || format is not ("png" or "jpeg")) return (null, BadFormat);
        if (!body.TryGetBoolean("full_page", out var fullPage)) return (null, BadFullPage);
        if (!body.TryGetInteger("quality", 1, 100, ScreenshotRequest.DefaultQuality, out var quality)) return (null, BadQuality);
        return (new ScreenshotRequest(format is "png" ? ScreenshotFormat.Png : ScreenshotFormat.Jpeg, fullPage, quality), null);
    }
}
