using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Describes the bodies that operations take; handlers read them themselves, to answer their faults in the service's form.</summary>
internal static class OpenApiBodyTransformer
{
    /// <summary>
    /// Names the JSON that an operation takes, for the document alone: <c>Accepts</c> would also refuse other content types,
    /// before the key is looked at and without a word.
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
