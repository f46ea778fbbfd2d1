using Microsoft.AspNetCore.Routing.Patterns;

namespace ChaserEmu.Control;

/// <summary>
/// What calls of the API come to: its routes, methods and operations, read from the endpoints. Whoever names another names nothing, and is
/// told so rather than left with what never matches.
/// </summary>
internal sealed class ApiRoutes
{
    private Lazy<IReadOnlyList<ApiRoute>> _all = new([]);

    /// <summary>All that the journal records.</summary>
    public IReadOnlyList<ApiRoute> Recorded => _all.Value;

    /// <summary>Those of <c>/v1</c>, which faults can be put into.</summary>
    public IEnumerable<ApiRoute> FaultTargets => Recorded.Where(route => route.Template.StartsWith("/v1/", StringComparison.Ordinal));

    /// <summary>Reads them from here when they are first asked for: a start is to be quick.</summary>
    public void Load(ICollection<EndpointDataSource> sources) => _all = new(() =>
    [
        .. sources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Where(endpoint => JournalMiddleware.IsRecorded(GetTemplate(endpoint)))
            .Select(endpoint => new ApiRoute(
                GetTemplate(endpoint),
                endpoint.RoutePattern,
                endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [],
                endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName))
            .OrderBy(route => route.Template, StringComparer.Ordinal),
    ]);

    /// <summary>As in openapi.yaml, such as <c>/v1/sessions/{id}</c>.</summary>
    public static string GetTemplate(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText?.TrimEnd('/') ?? "";
}

/// <summary>A route with the methods that it takes.</summary>
internal sealed record ApiRoute(string Template, RoutePattern Pattern, IReadOnlyList<string> Methods, string? Operation)
{
    /// <summary>Whether it is that route, or a path that comes to it, with or without a slash in the end.</summary>
    public bool Matches(string routeOrPath) => routeOrPath.TrimEnd('/') is var given && (given == Template || IsPath(given));

    private bool IsPath(string path)
    {
        var segments = path.TrimStart('/').Split('/');
        return !path.AsSpan().ContainsAny("{}?#") && segments.Length == Pattern.PathSegments.Count
            && Pattern.PathSegments.Zip(segments).All(pair => pair.First.Parts is [RoutePatternLiteralPart literal] ? literal.Content == pair.Second : pair.Second.Length > 0);
    }
}
