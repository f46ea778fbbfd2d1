using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Api;

/// <summary><c>/v1/sessions/{id}/preview-token</c>.</summary>
internal static class PreviewEndpoints
{
    private const string Description =
        """
        Returns a WebSocket `url`, which must be opened within 5 minutes. The stream shows the page in front of the default browser
        context: the one that opened last, or that a client or viewer brought to the front. Binary messages are JPEG frames, at most
        5 per second; the first is sent immediately. Text messages are JSON.

        The stream sends `{"type":"viewport","width":412,"height":785}` before the first frame and after every change. It is the
        visible size of the page in CSS pixels. Input coordinates use the same unit.

        Send input as JSON text messages: `{"type":"click","x":1,"y":2}` (also `down`, `up` and `move`; optional `button`: `left`,
        `middle` or `right`), `{"type":"tap","x":1,"y":2}`, `{"type":"wheel","x":1,"y":2,"delta_x":0,"delta_y":100}` and
        `{"type":"key","key":"a"}` (`key` as in `KeyboardEvent.key`; optional `code` and `text`). Each message can have `modifiers`,
        the sum of 1 (Alt), 2 (Control), 4 (Meta) and 8 (Shift). The page receives trusted events. Invalid input returns
        `{"type":"error","message":"…"}`.

        `{"type":"navigate","url":"https://example.com/"}` navigates the page. After `{"type":"tabs"}` the stream sends
        `{"type":"tabs","tabs":[{"id":"…","title":"…","url":"…","front":true}]}`, now and after each change, oldest page first.
        `{"type":"activate","tab":"…"}` brings one of them to the front.

        When the session ends, the stream closes with the `ended_reason` as close reason. The live view is not a CDP connection: it
        does not prevent idle expiry, and its bytes are not counted. Limit: 10 tokens per minute and session.
        """;

    public static void MapPreviews(this RouteGroupBuilder v1) => v1.MapPost("/sessions/{id}/preview-token", IssueAsync)
        .WithTags("Sessions")
        .WithName("createPreviewToken")
        .WithSummary("Create a live view token")
        .WithDescription(Description)
        .Produces<PreviewToken>()
        .ProducesErrors(
            ApiError.Unauthorized,
            ApiError.SessionNotFound,
            ApiError.SessionNotReady,
            ApiError.SessionNotOpen,
            ApiError.SessionNotProvisioned,
            ApiError.RateLimited);

    private static async Task<IResult> IssueAsync(
        string id, HttpContext context, SessionRegistry sessions, SessionRateLimiter rates, PreviewTokenIssuer tokens, PublicUrlBuilder address)
    {
        var (session, error) = await sessions.FindReadyAsync(id, context.GetCaller().Workspace, context.RequestAborted);
        if (session is null) return new ApiErrorResult(error!);
        if (rates.AcquirePreviewToken(session.Live) is { } limited) return new ApiErrorResult(limited);

        var token = tokens.Issue(session.Live.Id);
        var url = address.GetPreviewUrl(context.Request, session.Live.Id, token.Text);
        return TypedResults.Json(new PreviewToken(url, token.ExpiresAt, InputEnabled: true, PreviewTokenIssuer.MaxFramesPerSecond), SessionsJson.Default.PreviewToken);
    }
}
