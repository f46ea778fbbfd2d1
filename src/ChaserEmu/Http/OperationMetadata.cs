namespace ChaserEmu.Http;

/// <summary>The JSON body of an operation, for the OpenAPI document.</summary>
/// <param name="Type">The type of the body.</param>
/// <param name="Required">Whether there must be a body.</param>
/// <param name="OrArray">Whether an array of the type is accepted, too, and answered by an array.</param>
/// <param name="Alternative">Another type that is accepted and answered by an array. Only with <paramref name="OrArray"/>.</param>
internal sealed record RequestBodyMetadata(Type Type, bool Required, bool OrArray = false, Type? Alternative = null);

/// <summary>An error response of an operation of <c>/_emu</c>, for the OpenAPI document.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">An example of its <c>detail</c>.</param>
internal sealed record ProblemMetadata(int Status, string Detail);

/// <summary>A query parameter that an operation of <c>/_emu</c> accepts.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">The description.</param>
internal sealed record QueryParameter(string Name, string Description)
{
    /// <summary>Gets the allowed values; empty if they are not a fixed set.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Gets the smallest value; null if the parameter is text.</summary>
    public long? Minimum { get; init; }

    public long? Maximum { get; init; }

    public long? Default { get; init; }
}

/// <summary>How callers of a route authenticate.</summary>
/// <param name="Scheme">The name of the security scheme in the OpenAPI document.</param>
/// <param name="Challenge">The <c>WWW-Authenticate</c> header of a 401.</param>
internal sealed record SecuritySchemeMetadata(string Scheme, string Challenge);

/// <summary>The type of the JSON in the <c>data</c> of server-sent events, for the OpenAPI document.</summary>
internal sealed record EventDataMetadata(Type Type);

/// <summary>Describes operations for the OpenAPI documents.</summary>
internal static class OperationMetadata
{
    /// <summary>
    /// Declares the JSON body of an operation in the document only. <c>Accepts</c> would also reject other content types, before
    /// authentication and without an error body.
    /// </summary>
    public static RouteHandlerBuilder AcceptsJson<T>(this RouteHandlerBuilder route, bool required = false, bool orArray = false, Type? alternative = null) =>
        route.WithMetadata(new RequestBodyMetadata(typeof(T), required, orArray, alternative));

    /// <summary>Declares a response of server-sent events with JSON in their <c>data</c>.</summary>
    public static RouteHandlerBuilder ProducesEvents<TData>(this RouteHandlerBuilder route) =>
        route.Produces<Stream>(StatusCodes.Status200OK, "text/event-stream").WithMetadata(new EventDataMetadata(typeof(TData)));

    /// <summary>Declares an error response of an operation of <c>/_emu</c>.</summary>
    public static RouteHandlerBuilder WithProblem<TProblem>(this RouteHandlerBuilder route, int status, string detail)
        where TProblem : Problem =>
        route.Produces<TProblem>(status, "application/problem+json").WithMetadata(new ProblemMetadata(status, detail));

    /// <inheritdoc cref="WithProblem{TProblem}"/>
    public static RouteHandlerBuilder WithProblem(this RouteHandlerBuilder route, int status, string detail) => route.WithProblem<Problem>(status, detail);
}

/// <summary>Serves the OpenAPI document of <c>/_emu</c>. The route is in the control plane, which checks the token.</summary>
internal sealed class ControlDocument
{
    /// <summary>The name of the document and of the group of its operations.</summary>
    public const string Name = "openapi";

    /// <summary>Gets or sets what writes the document to the response, in the format of the request's path.</summary>
    public RequestDelegate Serve { get; set; } = _ => throw new InvalidOperationException("The documents are not mapped.");
}
