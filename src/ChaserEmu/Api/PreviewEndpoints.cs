using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Api;

/// <summary>The way to a session's live view.</summary>
/// <param name="Url">The WebSocket of the stream, token included.</param>
/// <param name="ExpiresAt">The stream must be opened before; one that is open stays so.</param>
/// <param name="InputEnabled">Whether the stream takes clicks, taps and keys.</param>
/// <param name="Fps">Frames a second at the most.</param>
internal sealed record PreviewToken(string Url, DateTimeOffset ExpiresAt, bool InputEnabled, int Fps);

/// <summary><c>/v1/sessions/{id}/preview-token</c>.</summary>
internal static class PreviewEndpoints
{
    private const string Description =
        """
        The `url` is a WebSocket to be opened within 5 minutes. It streams the oldest page of the session's default context: binary
        messages are JPEG frames, 5 a second at the most, one at once; text messages are JSON.

        The stream sends `{"type":"viewport","width":412,"height":785}` before the first frame and whenever that changes: the page's
        visible size in CSS pixels, which is what the coordinates of input are in.

        It takes, as JSON text, `{"type":"click","x":1,"y":2}` (also `down`, `up`, `move`, and with `button`: `left`, `middle`, `right`),
        `{"type":"tap","x":1,"y":2}`, `{"type":"wheel","x":1,"y":2,"delta_x":0,"delta_y":100}` and
        `{"type":"key","key":"a"}` (as in `KeyboardEvent.key`, with `code` and `text` if need be). Each may have `modifiers`:
        1 Alt, 2 Control, 4 Meta, 8 Shift, added up. The page gets them as trusted events. What cannot be done is answered with
        `{"type":"error","message":"…"}`.

        When the session ends, the close frame's reason is the `ended_reason`. A viewer is not a CDP connection: it counts neither
        against idleness nor as traffic. 10 tokens a minute a session.
        """;

    public static void MapPreviews(this RouteGroupBuilder v1) => v1.MapPost("/sessions/{id}/preview-token", IssueAsync)
        .WithTags("Sessions")
        .WithName("createPreviewToken")
        .WithSummary("Get the address of the live view")
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
        var (session, refused) = await sessions.FindReadyAsync(id, context.GetCaller().Workspace, context.RequestAborted);
        if (session is null) return new ApiErrorResult(refused!);
        if (rates.AcquirePreviewToken(session.Live) is { } limited) return new ApiErrorResult(limited);

        var token = tokens.Issue(session.Live.Id);
        var url = address.GetPreviewUrl(context.Request, session.Live.Id, token.Text);
        return TypedResults.Json(new PreviewToken(url, token.ExpiresAt, InputEnabled: true, PreviewTokenIssuer.MaxFramesPerSecond), ApiJson.Default.PreviewToken);
    }
}
