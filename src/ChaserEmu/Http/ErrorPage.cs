using System.Net;
using ChaserEmu.Domain;

namespace ChaserEmu.Http;

/// <summary>The error page for people who open a wrong address in a browser.</summary>
internal static class ErrorPage
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Returns whether a request comes from a browser that shows the response. Calls of the API get JSON, also in a browser.</summary>
    public static bool IsWanted(HttpRequest request) =>
        !OriginGuard.IsApi(request.Path) && request.Headers.Accept.Any(accept => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) is true);

    public static IResult Create(HttpResponse response, ApiError error, int status)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.CacheControl = "no-store";
        return Results.Content(
            $$"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>{{status}} · ChaserEmu</title>
            <style>
              :root { color-scheme: light dark }
              body { font: 1rem/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; padding: 1rem; text-align: center; overflow-wrap: anywhere }
              h1 { font-size: 1.5rem; margin: 0 }
            </style>
            <h1>{{status}} {{WebUtility.HtmlEncode(error.Code)}}</h1>
            <p>{{WebUtility.HtmlEncode(error.Message)}}</p>
            <p><a href="/swagger">API</a> · <a href="/llms.txt">Guide</a></p>
            </html>
            """,
            "text/html; charset=utf-8",
            statusCode: status);
    }
}
