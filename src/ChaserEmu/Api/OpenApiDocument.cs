using System.Text.Json.Nodes;
using ChaserEmu.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Marks a route as paged, for the document.</summary>
internal sealed record PagingParameters;

/// <summary>The published contract: made from the endpoints, checked in as <c>openapi.yaml</c>, served at <c>/openapi.yaml</c> and <c>/openapi.json</c>.</summary>
internal static class OpenApiDocument
{
    private const string KeyScheme = "apiKey";

    public static IServiceCollection AddContract(this IServiceCollection services) => services.AddOpenApi(options =>
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.AddSchemaTransformer(DescribeScalars);
        options.AddOperationTransformer(DescribeOperation);
        options.AddDocumentTransformer(DescribeApi);
    });

    public static void MapContract(this WebApplication app)
    {
        app.MapOpenApi("/openapi.json").ExcludeFromDescription();
        app.MapOpenApi("/openapi.yaml").ExcludeFromDescription();
        app.UseSwaggerUI(ui =>
        {
            ui.RoutePrefix = "swagger";
            ui.DocumentTitle = "ChaserEmu";
            ui.SwaggerEndpoint("/openapi.json", "ChaserEmu");
        });
    }

    /// <summary>Lists the error statuses an operation can answer, all of one form.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses) route.Produces<Error>(status);
        return route;
    }

    private static Task DescribeScalars(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
        {
            schema.Type = type == typeof(DateTimeOffset) ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
            schema.Format = "date-time";
            schema.Examples = [JsonValue.Create("2026-06-13T11:49:20.651182Z")];
        }

        return Task.CompletedTask;
    }

    private static Task DescribeOperation(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<PagingParameters>().Any())
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = "limit",
                In = ParameterLocation.Query,
                Description = "Sessions a page.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1", Maximum = "100", Default = 20 },
            });
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "cursor",
                In = ParameterLocation.Query,
                Description = "The `next_cursor` of an earlier page.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        return Task.CompletedTask;
    }

    private static Task DescribeApi(Microsoft.OpenApi.OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Chaser browser sessions",
            Version = "v1",
            Description = "The hosted browser-session API as ChaserEmu emulates it.",
        };
        document.Servers = [new OpenApiServer { Url = "http://127.0.0.1:8080" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [KeyScheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A key: `cha_live_…` or `cha_test_…`.",
            },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(KeyScheme, document)] = [] }];
        return Task.CompletedTask;
    }
}
