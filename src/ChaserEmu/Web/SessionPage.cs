using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Web;

/// <summary>The state of a session for the page. Fields other than <see cref="Stream"/> are those of the session resource.</summary>
/// <param name="Status">The status.</param>
/// <param name="Device">The device name; null while there is none.</param>
/// <param name="BytesUp">Bytes up.</param>
/// <param name="BytesDown">Bytes down.</param>
/// <param name="EndedReason">Why the session ended; null while it is open.</param>
/// <param name="Stream">The path of the live view, with a new preview token; null if the session has no browser or is not ready.</param>
internal sealed record SessionFacts(SessionStatus Status, string? Device, long BytesUp, long BytesDown, EndedReason? EndedReason, string? Stream);

/// <summary>
/// <c>/dashboard/sessions/{id}</c>: shows a session and lets a person use its browser. As with <c>cdp_url</c>, knowing the unguessable id is
/// sufficient authorization. The HTML is the same for all sessions; it loads the state of its session as JSON.
/// </summary>
internal static class SessionPage
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

    public static void MapSessionPage(this IEndpointRouteBuilder app)
    {
        var dashboard = app.MapGroup("/dashboard").ExcludeFromDescription();
        dashboard.MapGet("/sessions/{id}", GetPageAsync);
        dashboard.MapGet("/sessions/{id}/state", GetStateAsync);
        dashboard.MapGet("/live-view.js", (HttpContext context) => GetAsset(context, "live-view.js", "text/javascript; charset=utf-8"));
        dashboard.MapGet("/live-view.css", (HttpContext context) => GetAsset(context, "live-view.css", "text/css; charset=utf-8"));
    }

    private static async Task<IResult> GetPageAsync(string id, HttpContext context, SessionRegistry sessions)
    {
        context.Response.StatusCode = await FindAsync(id, context, sessions) is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return GetAsset(context, "live-view.html", "text/html; charset=utf-8");
    }

    private static async Task<IResult> GetStateAsync(string id, HttpContext context, SessionRegistry sessions, PreviewTokenIssuer tokens)
    {
        if (await FindAsync(id, context, sessions) is not { } session) return new ApiErrorResult(ApiError.SessionNotFound);
        var stream = session is { Status: SessionStatus.Ready, TestMode: false }
            ? $"{context.Request.PathBase}/sessions/{session.Id}/preview?token={tokens.Issue(session.Id).Text}"
            : null;
        context.Response.Headers.CacheControl = "no-store";
        var facts = new SessionFacts(session.Status, session.Device, session.Bytes.Up, session.Bytes.Down, session.EndedReason, stream);
        return TypedResults.Json(facts, DashboardJson.Default.SessionFacts);
    }

    private static async Task<Session?> FindAsync(string id, HttpContext context, SessionRegistry sessions) =>
        SessionId.TryParse(id, out var parsed) ? await sessions.FindAsync(parsed, workspace: null, context.RequestAborted) : null;

    private static IResult GetAsset(HttpContext context, string name, string type)
    {
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Stream(typeof(SessionPage).Assembly.GetManifestResourceStream(name)!, type);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SessionFacts))]
internal sealed partial class DashboardJson : JsonSerializerContext;
