using System.Globalization;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary>
/// Rejects unknown query parameters on all routes of <c>/_emu</c>. If a misspelled filter were ignored, a request would return, change or
/// delete more than intended.
/// </summary>
internal static class QueryParameterGuard
{
    /// <summary>Declares the query parameters that a route accepts. Without a declaration it accepts none.</summary>
    public static RouteHandlerBuilder WithQueryParameters(this RouteHandlerBuilder route, params QueryParameter[] parameters) => route.WithMetadata([.. parameters]);

    public static RouteGroupBuilder RejectUnknownParameters(this RouteGroupBuilder group) =>
        group.AddEndpointFilter((call, next) => Validate(call.HttpContext) is { } error ? new(ControlRequestReader.Problem(error)) : next(call));

    private static string? Validate(HttpContext context)
    {
        if (context.Request.Query.Count == 0) return null;
        string[] known = [.. (context.GetEndpoint()?.Metadata.GetOrderedMetadata<QueryParameter>() ?? []).Select(parameter => parameter.Name)];
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

/// <summary>Reads query parameters that are whole numbers with a range and a default.</summary>
internal static class QueryNumberExtensions
{
    extension(QueryParameter parameter)
    {
        /// <summary>Gets the error for a value that is no number of the range.</summary>
        public string RangeError => $"{parameter.Name} must be from {parameter.Minimum} to {parameter.Maximum}.";

        /// <summary>Reads the number, or the default if it is not given. Returns false if it is not in the range.</summary>
        public bool TryRead(HttpRequest request, out int number)
        {
            number = (int)parameter.Default!;
            return (string?)request.Query[parameter.Name] is not { } text
                || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= parameter.Minimum && number <= parameter.Maximum);
        }
    }
}

/// <summary>The parameters of lists that have pages.</summary>
internal static class Paging
{
    public const string InvalidCursor = "cursor must be next_cursor of an earlier page.";

    public static QueryParameter Limit { get; } = new("limit", "The maximum number of entries of the page.") { Minimum = 1, Maximum = 500, Default = 50 };

    public static QueryParameter Cursor { get; } = new("cursor", "The `next_cursor` of the previous page.");
}
