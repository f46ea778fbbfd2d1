using System.Net;
using ChaserEmu.Domain;

namespace ChaserEmu.Http;

/// <summary>The error page for people who open a wrong address in a browser.</summary>
internal static class ErrorPage
{
    /// <summary>Returns whether a request comes from a browser that shows the response. Calls of the API get JSON, also in a browser.</summary>
    public static bool IsWanted(HttpRequest request) =>
        !OriginGuard.IsApi(request.Path) && request.Headers.Accept.Any(accept => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) is true);

    public static IResult Create(HttpResponse response, ApiError error, int status) => MessagePage.Create(
        response, status, $"{status} {WebUtility.HtmlEncode(error.Code)}", $"<p>{WebUtility.HtmlEncode(error.Message)}</p><p><a href=\"/swagger\">API</a> · <a href=\"/llms.txt\">Guide</a></p>");
}
