using System.Text.Json.Serialization;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Web;

/// <summary>What the page shows of a session.</summary>
/// <param name="Status">As on the resource.</param>
/// <param name="Device">As on the resource.</param>
/// <param name="BytesUp">As on the resource.</param>
/// <param name="BytesDown">As on the resource.</param>
/// <param name="EndedReason">As on the resource.</param>
/// <param name="Stream">The path of its live view, with a new token; null when there is nothing to view.</param>
internal sealed record SessionFacts(SessionStatus Status, string? Device, long BytesUp, long BytesDown, EndedReason? EndedReason, string? Stream);

/// <summary>
/// <c>/dashboard/sessions/{id}</c>: a page to look at a session and to use its browser by hand. Like <c>cdp_url</c>, the unguessable
/// id is all the authorization it needs. The page itself is the same for every session: what differs it asks for as JSON.
/// </summary>
internal static class SessionPage
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapDashboard(this IEndpointRouteBuilder app)
    {
        var dashboard = app.MapGroup("/dashboard").ExcludeFromDescription();
        dashboard.MapGet("/sessions/{id}", ShowAsync);
        dashboard.MapGet("/sessions/{id}/state", DescribeAsync);
        dashboard.MapGet("/live-view.js", (HttpContext context) => Asset(context, "live-view.js", "text/javascript; charset=utf-8"));
        dashboard.MapGet("/live-view.css", (HttpContext context) => Asset(context, "live-view.css", "text/css; charset=utf-8"));
    }

    private static async Task<IResult> ShowAsync(string id, HttpContext context, SessionRegistry sessions)
    {
        context.Response.StatusCode = await FindAsync(id, context, sessions) is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return Asset(context, "live-view.html", "text/html; charset=utf-8");
    }

    private static async Task<IResult> DescribeAsync(string id, HttpContext context, SessionRegistry sessions, PreviewTokenIssuer tokens)
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

    private static IResult Asset(HttpContext context, string name, string type)
    {
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return TypedResults.Stream(typeof(SessionPage).Assembly.GetManifestResourceStream(name)!, type);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SessionFacts))]
internal sealed partial class DashboardJson : JsonSerializerContext;
