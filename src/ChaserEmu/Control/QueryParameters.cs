namespace ChaserEmu.Control;

/// <summary>The query parameters that a route accepts. A route without this metadata accepts none.</summary>
internal sealed record QueryParameters(params string[] Names);

/// <summary>
/// Rejects unknown query parameters on all routes of <c>/_emu</c>. If a misspelled filter were ignored, a request would return, change or
/// delete more than intended.
/// </summary>
internal static class QueryParameterGuard
{
    public static TBuilder WithQueryParameters<TBuilder>(this TBuilder route, params string[] names)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new QueryParameters(names));

    public static RouteGroupBuilder RejectUnknownParameters(this RouteGroupBuilder group) =>
        group.AddEndpointFilter((call, next) => Validate(call.HttpContext) is { } error ? new(ControlRequestReader.Problem(error)) : next(call));

    private static string? Validate(HttpContext context)
    {
        if (context.Request.Query.Count == 0) return null;
        var known = context.GetEndpoint()?.Metadata.GetMetadata<QueryParameters>()?.Names ?? [];
        foreach (var (name, values) in context.Request.Query)
        {
            if (!known.Contains(name)) return $"Unknown query parameter '{name}'. {(known.Length > 0 ? $"Allowed: {string.Join(", ", known)}" : GetAdvice(context.Request))}.";
            if (values.Count > 1) return $"{name} is given {values.Count} times; give it once.";
        }

        return null;
    }

    private static string GetAdvice(HttpRequest request) => HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method)
        ? $"{request.Method} {request.Path} reads its parameters from the JSON body"
        : $"{request.Method} {request.Path} has no query parameters";
}
