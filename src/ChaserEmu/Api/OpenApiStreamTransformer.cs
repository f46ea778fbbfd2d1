using System.Globalization;
using System.Text.Json.Nodes;
using ChaserEmu.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>
/// Describes images and event streams. Both are binary strings, so that clients return a stream. OpenAPI 3.2 adds <c>itemSchema</c> for one
/// event; earlier versions call it <c>x-oai-itemSchema</c>.
/// </summary>
internal static class OpenApiStreamTransformer
{
    public static async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var type in context.Description.SupportedResponseTypes.Where(type => type.Type == typeof(Stream)))
        {
            foreach (var content in operation.Responses![ToText(type.StatusCode)].Content!.Values) content.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" };
        }

        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<EventDataMetadata>().SingleOrDefault() is not { Type: var data }) return;
        var name = OpenApiEndpoints.GetSchemaName(data);
        context.Document!.AddComponent<IOpenApiSchema>(name, await context.GetOrCreateSchemaAsync(data, parameterDescription: null, cancellationToken));
        var stream = operation.Responses![ToText(StatusCodes.Status200OK)].Content!["text/event-stream"];
        stream.Extensions = new Dictionary<string, IOpenApiExtension> { ["x-oai-itemSchema"] = new JsonNodeExtension(CreateItemSchema(name)) };
    }

    /// <summary>Removes the component of streams, whose name would hide <see cref="Stream"/>.</summary>
    public static Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Components!.Schemas!.Remove(nameof(Stream));
        return Task.CompletedTask;
    }

    private static string ToText(int status) => status.ToString(CultureInfo.InvariantCulture);

    private static JsonObject CreateItemSchema(string name) => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("id", "event", "data"),
        ["properties"] = new JsonObject
        {
            ["id"] = new JsonObject { ["type"] = "string" },
            ["event"] = new JsonObject { ["type"] = "string" },
            ["data"] = new JsonObject
            {
                ["type"] = "string",
                ["contentMediaType"] = "application/json",
                ["contentSchema"] = new JsonObject { ["$ref"] = "#/components/schemas/" + name },
            },
        },
    };
}
