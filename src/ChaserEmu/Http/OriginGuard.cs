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
    public static readonly ApiError Foreign = ApiError.Forbidden("Requests from web pages of another origin are refused.");

    public static IApplicationBuilder UseOriginGuard(this IApplicationBuilder app) => app.Use((context, next) =>
        IsOwn(context.Request)
            ? next(context)
            : Envelope.AnswerAsync(context, Foreign));

    private static bool IsOwn(HttpRequest request)
    {
        if (request.Headers.Origin.Count == 0) return true;
        string? origin = request.Headers.Origin;
        return origin == UriHelper.BuildAbsolute(request.Scheme, request.Host).TrimEnd('/')
            || origin?.StartsWith("devtools://", StringComparison.Ordinal) is true;
    }
}
