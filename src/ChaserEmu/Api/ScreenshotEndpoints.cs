using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary>The kind of file that a screenshot is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ScreenshotFormat>))]
internal enum ScreenshotFormat
{
    Png,
    Jpeg,
}

/// <summary>What a screenshot shows, and how. Every field may be left out, and the whole body too.</summary>
/// <param name="Format">The kind of file.</param>
/// <param name="FullPage">All of the page, up to 16384 pixels a side, rather than what its viewport shows.</param>
/// <param name="Quality">Of a JPEG; not allowed with `png`.</param>
internal sealed record ScreenshotRequest(
    [property: DefaultValue(ScreenshotFormat.Png)] ScreenshotFormat Format = ScreenshotFormat.Png,
    bool FullPage = false,
    [property: Range(1, 100), DefaultValue(80)] int Quality = ScreenshotRequest.DefaultQuality)
{
    public const int DefaultQuality = 80;
}

/// <summary><c>/v1/sessions/{id}/screenshot</c>.</summary>
internal static class ScreenshotEndpoints
{
    private static readonly ApiError BadFormat = ApiError.InvalidRequest("format must be png or jpeg.");
    private static readonly ApiError BadFlag = ApiError.InvalidRequest("full_page must be true or false.");
    private static readonly ApiError BadQuality = ApiError.InvalidRequest("quality must be an integer from 1 to 100.");
    private static readonly ApiError QualityOfPng = ApiError.InvalidRequest("quality is for format jpeg only.");

    public static void MapScreenshots(this RouteGroupBuilder v1) => v1.MapPost("/sessions/{id}/screenshot", TakeAsync)
        .WithTags("Sessions")
        .WithName("takeScreenshot")
        .WithSummary("Take a screenshot")
        .WithDescription(
            "Shows the oldest page of the session's default context as its client sees it, one pixel a CSS pixel. "
            + "It counts neither as a CDP connection nor as traffic. A browser that its client has closed is started again. 60 a minute a session.")
        .AcceptsJson<ScreenshotRequest>()
        .Produces<Stream>(StatusCodes.Status200OK, "image/png", "image/jpeg")
        .ProducesErrors(
            BadFormat,
            ApiError.Unauthorized,
            ApiError.SessionNotFound,
            ApiError.SessionNotReady,
            ApiError.SessionNotOpen,
            ApiError.SessionNotProvisioned,
            ApiError.NoPage,
            ApiError.PayloadTooLarge,
            ApiError.RateLimited,
            ApiError.BrowserUnavailable);

    private static async Task<IResult> TakeAsync(
        string id, HttpContext context, SessionRegistry sessions, SessionRateLimiter rates, IOptions<BrowserOptions> browsers)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        var (request, bad) = Read(body);
        if (request is null) return new ApiErrorResult(bad!);

        var (session, refused) = await sessions.FindReadyAsync(id, context.GetCaller().Workspace, context.RequestAborted);
        if (session is null) return new ApiErrorResult(refused!);
        if (rates.AcquireScreenshot(session.Live) is { } limited) return new ApiErrorResult(limited);

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(browsers.Value.ScreenshotTimeoutSeconds), TimeProvider.System);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, session.Live.EndingToken, context.RequestAborted);
        try
        {
            var jpeg = request.Format is ScreenshotFormat.Jpeg;
            var image = await Screenshot.TakeAsync(session.Browser, jpeg ? request.Quality : null, request.FullPage, any.Token);
            return image is null ? new ApiErrorResult(ApiError.NoPage) : TypedResults.Bytes(image, jpeg ? "image/jpeg" : "image/png");
        }
        catch (Exception fault) when (fault is BrowserUnavailableException or OperationCanceledException)
        {
            if (session.Live.EndRequested.IsCompleted) return new ApiErrorResult(ApiError.SessionNotOpen);
            return new ApiErrorResult(ApiError.BrowserUnavailable with
            {
                Message = patience.IsCancellationRequested ? "The page did not answer in time; it may be frozen." : "The page or its browser went away.",
            });
        }
    }

    private static (ScreenshotRequest? Request, ApiError? Error) Read(JsonElement body)
    {
        if (!body.TryGetString("format", 4, "png", out var format) || format is not ("png" or "jpeg")) return (null, BadFormat);
        if (!body.TryGetBoolean("full_page", out var fullPage)) return (null, BadFlag);
        if (!body.TryGetInteger("quality", 1, 100, ScreenshotRequest.DefaultQuality, out var quality)) return (null, BadQuality);
        if (format is "png" && body.TryGetProperty("quality", out _)) return (null, QualityOfPng);
        return (new ScreenshotRequest(format is "png" ? ScreenshotFormat.Png : ScreenshotFormat.Jpeg, fullPage, quality), null);
    }
}
