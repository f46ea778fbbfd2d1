using System.Reflection;
using ChaserEmu.Http;

namespace ChaserEmu.Dashboard;

/// <summary><c>/llms.txt</c>: what an AI client needs to use this emulator, in one short page, with the address under which it asked.</summary>
internal static class LanguageModels
{
    public static void MapLanguageModels(this IEndpointRouteBuilder app) => app
        .MapGet("/llms.txt", async (HttpRequest request, PublicAddress address) =>
        {
            await using var page = Assembly.GetExecutingAssembly().GetManifestResourceStream("llms.txt")!;
            using var reader = new StreamReader(page);
            return Results.Text((await reader.ReadToEndAsync()).Replace("{address}", address.BaseUrl(request), StringComparison.Ordinal), "text/plain; charset=utf-8");
        })
        .ExcludeFromDescription();
}
