using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>
/// The query and header parameters of an operation, for the document. Handlers parse them themselves to return validation errors in the
/// service's envelope.
/// </summary>
internal enum ParameterGroup
{
    /// <summary><c>limit</c> and <c>cursor</c>.</summary>
    Page,

    /// <summary><c>Last-Event-ID</c>.</summary>
    LastEventId,
}

/// <summary>Adds the parameters of each operation.</summary>
internal static class OpenApiParameterTransformer
{
    /// <summary>Marks a route as paged.</summary>
    public static RouteHandlerBuilder WithPaging(this RouteHandlerBuilder route) => route.WithMetadata(ParameterGroup.Page);

    /// <summary>Marks a route as an event stream that can be resumed.</summary>
    public static RouteHandlerBuilder WithLastEventId(this RouteHandlerBuilder route) => route.WithMetadata(ParameterGroup.LastEventId);

    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var isKeyRoute = context.Description.RelativePath!.StartsWith("v1/keys", StringComparison.Ordinal);
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(parameter => parameter.Name == "id"))
        {
            parameter.Description = isKeyRoute ? "The id of the key." : "The id of the session.";
            parameter.Example = isKeyRoute ? OpenApiExampleTransformer.KeyId : OpenApiExampleTransformer.SessionId;
        }

        foreach (var parameter in context.Description.ActionDescriptor.EndpointMetadata.OfType<ParameterGroup>().SelectMany(CreateParameters))
            (operation.Parameters ??= []).Add(parameter);
        return Task.CompletedTask;
    }

    private static OpenApiParameter[] CreateParameters(ParameterGroup group) => group switch
    {
        ParameterGroup.Page =>
        [
            new()
            {
                Name = "limit",
                In = ParameterLocation.Query,
                Description = "The maximum number of sessions per page.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "100", Default = 20 },
            },
            new()
            {
                Name = "cursor",
                In = ParameterLocation.Query,
                Description = "The `next_cursor` of the previous page.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            },
        ],
        _ =>
        [
            new()
            {
                Name = "Last-Event-ID",
                In = ParameterLocation.Header,
                Description = "The `id` of the last received event, or 0 for all events. An `EventSource` sends it automatically when it reconnects.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int64", Minimum = "0" },
            },
        ],
    };
}
