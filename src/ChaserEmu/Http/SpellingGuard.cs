using ChaserEmu.Domain;
using ChaserEmu.Journal;
using Microsoft.AspNetCore.Routing.Patterns;

namespace ChaserEmu.Http;

/// <summary>
/// Refuses methods and paths in the wrong case. ASP.NET Core ignores case in both, but HTTP does not (RFC 9110, section 9.1, and RFC 3986,
/// section 6.2.2.1), and a client that passes here with a wrong spelling would fail on the service.
/// </summary>
internal static class SpellingGuard
{
    public static IApplicationBuilder UseSpellingGuard(this IApplicationBuilder app) => app.Use((context, next) =>
        context.GetEndpoint() is RouteEndpoint endpoint && FindError(context, endpoint.RoutePattern) is { } error
            ? ErrorEnvelope.WriteAsync(context, error)
            : next(context));

    private static ApiError? FindError(HttpContext context, RoutePattern route)
    {
        var request = context.Request;
        if (request.Method.Any(char.IsAsciiLetterLower))
        {
            context.Response.Headers.Allow = request.Method.ToUpperInvariant();
            var error = ApiError.MethodNotAllowed with { Message = $"Methods are written in capital letters: use {request.Method.ToUpperInvariant()}." };
            CallDetails.Of(context)?.AddDeviation(DeviationKind.MethodCase, error.Message);
            return error;
        }

        var segments = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var misspelled = route.PathSegments.Zip(segments).FirstOrDefault(pair =>
            pair.First.Parts is [RoutePatternLiteralPart literal] && literal.Content != pair.Second);
        return misspelled.First?.Parts[0] is RoutePatternLiteralPart expected
            ? ApiError.NotFound with { Message = $"Paths are case-sensitive: use '{expected.Content}', not '{misspelled.Second}'." }
            : null;
    }
}
