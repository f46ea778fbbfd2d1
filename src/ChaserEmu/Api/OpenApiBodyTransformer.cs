using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Adds request bodies to the document. Handlers parse bodies themselves to return validation errors in the service's envelope.</summary>
internal static class OpenApiBodyTransformer
{
    /// <summary>
    /// Declares the JSON body of an operation in the document only. <c>Accepts</c> would also reject other content types, before
    /// authentication and without an error body.
    /// </summary>
    public static RouteHandlerBuilder AcceptsJson<T>(this RouteHandlerBuilder route, bool required = false) => route.WithMetadata(new Body(typeof(T), required));

    public static async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Body>().SingleOrDefault() is not { } body) return;
        var document = context.Document!;
        document.AddComponent(body.Type.Name, await context.GetOrCreateSchemaAsync(body.Type, parameterDescription: null, cancellationToken));
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = body.Required,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = new OpenApiSchemaReference(body.Type.Name, document) },
            },
        };
    }

    private sealed record Body(Type Type, bool Required);
}
