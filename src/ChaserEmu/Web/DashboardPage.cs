using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using ChaserEmu.Control;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace ChaserEmu.Web;

/// <summary>
/// The dashboard, a web app of static files. All that it shows it requests from <c>/_emu</c> and <c>/v1</c>, under their rules; the files
/// themselves are the same for everybody.
/// </summary>
internal static class DashboardPage
{
    private const string Prefix = "dashboard/";

    /// <summary>No inline script or style, nothing from elsewhere. Thumbnails and exports are blobs; the live view is a frame.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, Asset> Assets = Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], Load);

    public static void MapDashboard(this IEndpointRouteBuilder app)
    {
        var control = app.ServiceProvider.GetRequiredService<IOptions<ControlOptions>>();
        var pages = app.MapGroup("").ExcludeFromDescription().AddEndpointFilter((context, next) =>
            control.Value.Enabled ? next(context) : ValueTask.FromResult<object?>(TypedResults.NotFound()));
        pages.MapGet("/", (HttpRequest request) => TypedResults.Redirect($"{request.PathBase}/dashboard/"));
        pages.MapGet("/dashboard", (HttpRequest request) => request.Path.Value!.EndsWith('/')
            ? Serve(request.HttpContext, "index.html")
            : TypedResults.Redirect($"{request.PathBase}/dashboard/"));
        pages.MapGet("/dashboard/assets/{name}", (string name, HttpContext context) => Serve(context, name));
    }

    private static IResult Serve(HttpContext context, string name)
    {
        if (!Assets.TryGetValue(name, out var asset)) return TypedResults.NotFound();
        context.Response.Headers.ContentSecurityPolicy = Policy;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Bytes(asset.Content, asset.Type, entityTag: asset.Tag);
    }

    private static Asset Load(string resource)
    {
        using var content = new MemoryStream();
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)!;
        stream.CopyTo(content);
        var type = Path.GetExtension(resource) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".css" => "text/css; charset=utf-8",
            ".js" => "text/javascript; charset=utf-8",
            var other => throw new InvalidOperationException($"{resource}: files of the type {other} have no content type here."),
        };
        return new Asset(content.ToArray(), type, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content.ToArray()))[..16]}\""));
    }

    private sealed record Asset(byte[] Content, string Type, EntityTagHeaderValue Tag);
}
