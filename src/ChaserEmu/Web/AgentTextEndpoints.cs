using System.Reflection;
using ChaserEmu.Http;

namespace ChaserEmu.Web;

/// <summary>
/// Texts for AI clients: <c>/llms.txt</c>, a short description of this emulator, and <c>/SKILL.md</c>, instructions for coding agents. Their URLs use the base
/// URL of the request.
/// </summary>
internal static class AgentTextEndpoints
{
    public static void MapAgentTexts(this IEndpointRouteBuilder app)
    {
        app.MapText("llms.txt", "{address}", "text/plain; charset=utf-8");
        app.MapText("SKILL.md", ListenAddresses.Default, "text/markdown; charset=utf-8");
    }

    /// <summary>Serves an embedded text.</summary>
    /// <param name="app">The routes.</param>
    /// <param name="name">The name of the text and of its route.</param>
    /// <param name="placeholder">What is replaced by the base URL of the request.</param>
    /// <param name="contentType">The content type.</param>
    private static void MapText(this IEndpointRouteBuilder app, string name, string placeholder, string contentType) => app
        .MapGet($"/{name}", async (HttpRequest request, PublicUrlBuilder address) =>
        {
            await using var page = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
            using var reader = new StreamReader(page);
            return Results.Text((await reader.ReadToEndAsync()).Replace(placeholder, address.GetBaseUrl(request), StringComparison.Ordinal), contentType);
        })
        .ExcludeFromDescription();
}
