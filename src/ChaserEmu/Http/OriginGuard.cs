using ChaserEmu.Domain;
using Microsoft.AspNetCore.Http.Extensions;

namespace ChaserEmu.Http;

/// <summary>
/// Rejects requests from web pages of other origins on every route, because the emulator accepts any key and a <c>cdp_url</c> needs none.
/// Only browsers send <c>Origin</c>, so other clients are not affected. The DevTools front end of Chrome is allowed.
/// </summary>
internal static class OriginGuard
{
    private static readonly PathString[] ApiPaths = ["/_emu", "/v1", "/sessions"];

    public static readonly ApiError ForeignOriginError = ApiError.Forbidden("Requests from web pages of another origin are refused.");

    public static IApplicationBuilder UseOriginGuard(this IApplicationBuilder app) => app.Use((context, next) =>
        IsSameOrigin(context.Request)
            ? next(context)
            : ErrorEnvelope.WriteAsync(context, ForeignOriginError));

    /// <summary>Returns whether a path is one of the API or <c>/_emu</c>, not of a page for people.</summary>
    public static bool IsApi(PathString path) => ApiPaths.Any(api => path.StartsWithSegments(api));

    /// <summary>
    /// Returns whether a request without <c>Origin</c> comes from a page of another site: browsers send images, frames and links without it, but
    /// with <c>Sec-Fetch-Site</c>. Navigation to an HTML page is allowed; navigation to the API or <c>/_emu</c> is not.
    /// </summary>
    private static bool IsCrossSite(HttpRequest request)
    {
        string? site = request.Headers["Sec-Fetch-Site"];
        if (site is null or "none" or "same-origin") return false;
        var isLink = HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";
        return !isLink || IsApi(request.Path);
    }

    private static bool IsSameOrigin(HttpRequest request)
    {
        if (request.Headers.Origin.Count == 0) return !IsCrossSite(request);
        string? origin = request.Headers.Origin;
        return origin == UriHelper.BuildAbsolute(request.Scheme, request.Host).TrimEnd('/')
            || origin?.StartsWith("devtools://", StringComparison.Ordinal) is true;
    }
}
