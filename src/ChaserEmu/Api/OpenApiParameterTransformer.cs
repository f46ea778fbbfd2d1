using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>What an operation takes beside its route and body, for the document; handlers read it themselves, to answer its faults in the service's form.</summary>
internal enum ParameterGroup
{
    /// <summary>The size of a page, and where it begins.</summary>
    Page,

    /// <summary>The last event that was received.</summary>
    LastEventId,
}

/// <summary>Describes the parameters of each operation.</summary>
internal static class OpenApiParameterTransformer
{
    /// <summary>Marks a route as paged.</summary>
    public static RouteHandlerBuilder WithPaging(this RouteHandlerBuilder route) => route.WithMetadata(ParameterGroup.Page);

    /// <summary>Marks a route as an event stream that can be resumed.</summary>
    public static RouteHandlerBuilder WithLastEventId(this RouteHandlerBuilder route) => route.WithMetadata(ParameterGroup.LastEventId);

    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var ofKeys = context.Description.RelativePath!.StartsWith("v1/keys", StringComparison.Ordinal);
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(parameter => parameter.Name == "id"))
        {
            parameter.Description = ofKeys ? "The key's id." : "The session's id.";
            parameter.Example = ofKeys ? OpenApiExampleTransformer.KeyId : OpenApiExampleTransformer.SessionId;
        }

        foreach (var parameter in context.Description.ActionDescriptor.EndpointMetadata.OfType<ParameterGroup>().SelectMany(ParametersOf))
            (operation.Parameters ??= []).Add(parameter);
        return Task.CompletedTask;
    }

    private static OpenApiParameter[] ParametersOf(ParameterGroup takes) => takes switch
    {
        ParameterGroup.Page =>
        [
            new()
            {
                Name = "limit",
                In = ParameterLocation.Query,
                Description = "Sessions a page.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "100", Default = 20 },
            },
            new()
            {
                Name = "cursor",
                In = ParameterLocation.Query,
                Description = "The `next_cursor` of an earlier page.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        ],
        _ =>
        [
            new()
            {
                Name = "Last-Event-ID",
                In = ParameterLocation.Header,
                Description = "The `id` of the last event that was received, or 0 for all. An `EventSource` sends it by itself when it reconnects.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
            },
        ],
    };
}
