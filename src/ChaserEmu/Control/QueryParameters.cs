namespace ChaserEmu.Control;

/// <summary>The query parameters that a route takes; one that says nothing takes none.</summary>
internal sealed record QueryParameters(params string[] Names);

/// <summary>
/// Query parameters that a route does not take are told rather than passed over: what they were to narrow down would be shown, changed or
/// forgotten all the same. It asks the route, so that this is one place for all of <c>/_emu</c>.
/// </summary>
internal static class QueryParameterGuard
{
    public static TBuilder WithQueryParameters<TBuilder>(this TBuilder route, params string[] names)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(new QueryParameters(names));

    public static RouteGroupBuilder RejectUnknownParameters(this RouteGroupBuilder group) =>
        group.AddEndpointFilter((call, next) => Fault(call.HttpContext) is { } fault ? new(ControlRequestReader.Problem(fault)) : next(call));

    private static string? Fault(HttpContext context)
    {
        if (context.Request.Query.Count == 0) return null;
        var known = context.GetEndpoint()?.Metadata.GetMetadata<QueryParameters>()?.Names ?? [];
        foreach (var (name, values) in context.Request.Query)
        {
            if (!known.Contains(name)) return $"There is no parameter '{name}'; {(known.Length > 0 ? $"there are: {string.Join(", ", known)}" : Instead(context.Request))}.";
            if (values.Count > 1) return $"{name} is given {values.Count} times; give it once.";
        }

        return null;
    }

    private static string Instead(HttpRequest request) => HttpMethods.IsPost(request.Method) || HttpMethods.IsPut(request.Method)
        ? $"what {request.Method} {request.Path} is to do is said in its body"
        : $"{request.Method} {request.Path} takes none";
}
