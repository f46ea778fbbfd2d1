using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>The published contract: made from the endpoints, checked in as <c>openapi.yaml</c>, served at <c>/openapi.yaml</c> and <c>/openapi.json</c>.</summary>
internal static class OpenApiDocument
{
    private const string KeyScheme = "apiKey";
    private const string Timestamp = "2026-06-13T11:49:20.651182Z";

    public static IServiceCollection AddContract(this IServiceCollection services)
    {
        // The document describes the JSON that these options would write; answers are written by the same contexts.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, JsonTypeInfoResolver.Combine(ApiJson.Default, HttpJson.Default));
        });
        return services.AddSingleton<SessionRates>().AddOpenApi(options =>
        {
            options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
            options.CreateSchemaReferenceId = NameOf;
            options.AddSchemaTransformer(DescribeScalars);
            options.AddOperationTransformer(DescribeErrors);
            options.AddOperationTransformer(DescribeBodyAsync);
            options.AddOperationTransformer(DescribeParameters);
            options.AddDocumentTransformer(DescribeApi);
        });
    }

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

    /// <summary>Lists the errors that an operation can answer, for the document: one response a status, one example a code.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ApiError[] errors)
    {
        foreach (var status in errors.Select(error => error.Status).Distinct()) route.Produces<Error>(status);
        return route.WithMetadata(new ErrorResponses(errors));
    }

    /// <summary>Names the JSON that an operation takes or does without, for the document alone: <c>Accepts</c> would also refuse other content types, before the key is looked at and without a word.</summary>
    public static RouteHandlerBuilder TakesJson<T>(this RouteHandlerBuilder route) => route.WithMetadata(new OptionalBody(typeof(T)));

    /// <summary>Marks a route as paged, for the document.</summary>
    public static RouteHandlerBuilder Paged(this RouteHandlerBuilder route) => route.WithMetadata(new Paging());

    private static string? NameOf(JsonTypeInfo type) => type.Type == typeof(SessionResource)
        ? "Session"
        : OpenApiOptions.CreateDefaultSchemaReferenceId(type);

    private static Task DescribeScalars(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
        {
            schema.Type = type == typeof(DateTimeOffset) ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
            schema.Format = "date-time";
            schema.Examples = [JsonValue.Create(Timestamp)];
        }
        else if ((Nullable.GetUnderlyingType(type) ?? type).IsEnum)
        {
            // Whether it may be null is said where it is used.
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. schema.Enum!.Where(value => value is not null && value.GetValueKind() is JsonValueKind.String)];
        }

        return Task.CompletedTask;
    }

    private static Task DescribeErrors(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var errors = context.Description.ActionDescriptor.EndpointMetadata.OfType<ErrorResponses>().SelectMany(metadata => metadata.Errors);
        foreach (var group in errors.GroupBy(error => error.Status))
        {
            var response = operation.Responses![group.Key.ToString(System.Globalization.CultureInfo.InvariantCulture)];
            response.Description = string.Join(" Or: ", group.Select(error => error.Message));
            response.Content!["application/json"].Examples = group.ToDictionary(
                error => error.Code,
                IOpenApiExample (error) => new OpenApiExample { Value = JsonSerializer.SerializeToNode(Error.Of(error), HttpJson.Readable.Error) });
        }

        return Task.CompletedTask;
    }

    private static async Task DescribeBodyAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<OptionalBody>().SingleOrDefault() is not { Type: var type }) return;
        var document = context.Document!;
        document.AddComponent(type.Name, await context.GetOrCreateSchemaAsync(type, parameterDescription: null, cancellationToken));
        operation.RequestBody = new OpenApiRequestBody
        {
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new() { Schema = new OpenApiSchemaReference(type.Name, document) },
            },
        };
    }

    private static Task DescribeParameters(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(parameter => parameter.Name == "id"))
        {
            parameter.Description = "The session's id.";
            parameter.Example = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";
        }

        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<Paging>().Any())
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
            Description = "The hosted browser-session API, as ChaserEmu emulates it.",
        };
        document.Servers = [new OpenApiServer { Url = "http://127.0.0.1:8080", Description = "The emulator's default address." }];
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

    private sealed record ErrorResponses(IReadOnlyList<ApiError> Errors);

    private sealed record OptionalBody(Type Type);

    private sealed record Paging;
}
