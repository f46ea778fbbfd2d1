using ChaserEmu.Journal;
using Microsoft.AspNetCore.Routing.Patterns;

namespace ChaserEmu.Control;

/// <summary>
/// The routes, methods and operations of the API, read from the endpoints. Journal queries and fault rules are validated against them: a
/// misspelled name must return an error, because it would never match.
/// </summary>
internal sealed class ApiRoutes
{
    private Lazy<IReadOnlyList<ApiRoute>> _all = new([]);

    /// <summary>Gets the routes whose calls the journal records.</summary>
    public IReadOnlyList<ApiRoute> JournaledRoutes => _all.Value;

    /// <summary>Gets the routes of <c>/v1</c>, which REST faults can match.</summary>
    public IEnumerable<ApiRoute> FaultTargets => JournaledRoutes.Where(route => route.Template.StartsWith("/v1/", StringComparison.Ordinal));

    /// <summary>Sets the endpoint source. It is read on first use, so routes that are mapped later are included and startup stays fast.</summary>
    public void SetEndpointSource(Func<EndpointDataSource> source) => _all = new(() =>
    [
        .. source().Endpoints.OfType<RouteEndpoint>().Where(endpoint => JournalMiddleware.IsRecorded(JournalMiddleware.GetRoute(endpoint)))
            .Select(endpoint => new ApiRoute(
                JournalMiddleware.GetRoute(endpoint),
                endpoint.RoutePattern,
                endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [],
                endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName))
            .OrderBy(route => route.Template, StringComparer.Ordinal),
    ]);
}

/// <summary>A route, with the methods that it accepts.</summary>
internal sealed record ApiRoute(string Template, RoutePattern Pattern, IReadOnlyList<string> Methods, string? Operation)
{
    /// <summary>Returns whether the argument is the template of this route, or a path that matches it. A trailing slash is ignored.</summary>
    public bool Matches(string routeOrPath) => routeOrPath.TrimEnd('/') is var given && (given == Template || MatchesPath(given));

    private bool MatchesPath(string path)
    {
        var segments = path.TrimStart('/').Split('/');
        return !path.AsSpan().ContainsAny("{}?#") && segments.Length == Pattern.PathSegments.Count
            && Pattern.PathSegments.Zip(segments).All(pair => pair.First.Parts is [RoutePatternLiteralPart literal] ? literal.Content == pair.Second : pair.Second.Length > 0);
    }
}
