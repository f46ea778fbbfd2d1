using ChaserEmu.Domain;
using Microsoft.AspNetCore.Http.Extensions;

namespace ChaserEmu.Http;

/// <summary>
/// Keeps the pages of a developer's everyday browser out. A browser names the page that makes a request in <c>Origin</c>;
/// no other client does. A foreign one is refused on every route, because the emulator takes any key and needs none for a
/// <c>cdp_url</c>. Chrome's own DevTools front end may connect.
/// </summary>
internal static class OriginGuard
{
    private static readonly PathString[] Machines = ["/_emu", "/v1", "/sessions"];

    public static readonly ApiError ForeignOriginError = ApiError.Forbidden("Requests from web pages of another origin are refused.");

    public static IApplicationBuilder UseOriginGuard(this IApplicationBuilder app) => app.Use((context, next) =>
        IsOwn(context.Request)
            ? next(context)
            : ErrorEnvelope.WriteAsync(context, ForeignOriginError));

    /// <summary>
    /// Some requests that a page causes have no Origin: images, frames, links. A browser says of them that they come from another
    /// site. Only opening a page for people by a link is let through; the API and <c>/_emu</c> are not such pages.
    /// </summary>
    private static bool IsForAnotherSite(HttpRequest request)
    {
        string? site = request.Headers["Sec-Fetch-Site"];
        if (site is null or "none" or "same-origin") return false;
        var isLink = HttpMethods.IsGet(request.Method) && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";
        return !isLink || Machines.Any(path => request.Path.StartsWithSegments(path));
    }

    private static bool IsOwn(HttpRequest request)
    {
        if (request.Headers.Origin.Count == 0) return !IsForAnotherSite(request);
        string? origin = request.Headers.Origin;
        return origin == UriHelper.BuildAbsolute(request.Scheme, request.Host).TrimEnd('/')
            || origin?.StartsWith("devtools://", StringComparison.Ordinal) is true;
    }
}
