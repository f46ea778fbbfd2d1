using System.Reflection;
using ChaserEmu.Http;

namespace ChaserEmu.Web;

/// <summary><c>/llms.txt</c>: a short description of this emulator for AI clients. Its URLs use the base URL of the request.</summary>
internal static class LlmsTxtEndpoint
{
    public static void MapLlmsTxt(this IEndpointRouteBuilder app) => app
        .MapGet("/llms.txt", async (HttpRequest request, PublicUrlBuilder address) =>
        {
            await using var page = Assembly.GetExecutingAssembly().GetManifestResourceStream("llms.txt")!;
            using var reader = new StreamReader(page);
            return Results.Text((await reader.ReadToEndAsync()).Replace("{address}", address.GetBaseUrl(request), StringComparison.Ordinal), "text/plain; charset=utf-8");
        })
        .ExcludeFromDescription();
}
