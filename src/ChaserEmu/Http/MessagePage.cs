namespace ChaserEmu.Http;

/// <summary>A page for people that says one thing: an error, a payment. It has no script and loads nothing.</summary>
internal static class MessagePage
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <param name="response">Gets the headers.</param>
    /// <param name="status">The status of the response.</param>
    /// <param name="title">The title, as HTML.</param>
    /// <param name="content">What is below the title, as HTML.</param>
    public static IResult Create(HttpResponse response, int status, string title, string content)
    {
        response.Headers.ContentSecurityPolicy = Policy;
        response.Headers.CacheControl = "no-store";
        return Results.Content(
            $$"""
            <!doctype html>
            <html lang="en">
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>{{title}} · ChaserEmu</title>
            <style>
              :root { color-scheme: light dark }
              body { font: 1rem/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; padding: 1rem; text-align: center; overflow-wrap: anywhere }
              h1 { font-size: 1.5rem; margin: 0 }
              p { margin: .5rem 0 0 }
              button { font: inherit; margin-top: 1rem; padding: .5rem 1.5rem; cursor: pointer }
              small { opacity: .75 }
            </style>
            <h1>{{title}}</h1>
            {{content}}
            </html>
            """,
            "text/html; charset=utf-8",
            statusCode: status);
    }
}
