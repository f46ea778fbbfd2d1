using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>The errors that an operation can return.</summary>
internal sealed record ErrorResponsesMetadata(IReadOnlyList<ApiError> Errors);

/// <summary>Adds the error responses of each operation: descriptions, an example of each error, and headers.</summary>
internal static class OpenApiErrorTransformer
{
    private const string ErrorCode = "ErrorCode";

    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var errors = context.Description.ActionDescriptor.EndpointMetadata.OfType<ErrorResponsesMetadata>().SelectMany(metadata => metadata.Errors).Distinct();
        foreach (var group in errors.GroupBy(error => error.GetStatus()))
        {
            var response = (OpenApiResponse)operation.Responses![group.Key.ToString(CultureInfo.InvariantCulture)];
            response.Description = string.Join(" Or: ", group.Select(error => error.Message));
            response.Content!["application/json"].Examples = group
                .GroupBy(error => error.Code)
                .SelectMany(same => same.Select((error, i) => (Name: i == 0 ? error.Code : $"{error.Code}_{i + 1}", Error: error)))
                .ToDictionary(
                    row => row.Name,
                    IOpenApiExample (row) => new OpenApiExample { Value = JsonSerializer.SerializeToNode(row.Error.ToEnvelope(), HttpJson.RelaxedEscaping.Error) });
            if (group.Key == StatusCodes.Status429TooManyRequests) response.Headers = ToHeaders("Retry-After", CreateRetryAfter());
            if (group.Key == StatusCodes.Status401Unauthorized) response.Headers = ToHeaders("WWW-Authenticate", CreateWwwAuthenticate(context));
        }

        var ordered = operation.Responses!.OrderBy(response => response.Key, StringComparer.Ordinal).ToList();
        operation.Responses!.Clear();
        foreach (var (status, response) in ordered) operation.Responses.Add(status, response);
        return Task.CompletedTask;
    }

    /// <summary>Gives the error codes a schema, and refers to it wherever a document has an error code.</summary>
    public static Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var (name, schema) in document.Components!.Schemas!.ToList())
        {
            foreach (var (field, property) in schema.Properties?.ToList() ?? [])
            {
                if (field != "error_code" && (name, field) is not (nameof(ErrorDetail), "code")) continue;
                schema.Properties![field] = property.Type is JsonSchemaType.String
                    ? new OpenApiSchemaReference(ErrorCode, document) { Description = property.Description }
                    : new OpenApiSchema { Description = property.Description, OneOf = [new OpenApiSchemaReference(ErrorCode, document), new OpenApiSchema { Type = JsonSchemaType.Null }] };
            }
        }

        document.AddComponent<IOpenApiSchema>(ErrorCode, new OpenApiSchema
        {
            Type = JsonSchemaType.String,
            Enum = [.. ApiError.Codes.Select(code => (JsonNode)code)],
            Description = "A machine-readable error code.",
        });
        return Task.CompletedTask;
    }

    private static Dictionary<string, IOpenApiHeader> ToHeaders(string name, OpenApiHeader header) => new() { [name] = header };

    private static OpenApiHeader CreateRetryAfter() => new()
    {
        Description = "Seconds to wait before the next attempt.",
        Required = true,
        Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
        Example = 12,
    };

    private static OpenApiHeader CreateWwwAuthenticate(OpenApiOperationTransformerContext context)
    {
        var challenge = context.Description.ActionDescriptor.EndpointMetadata.OfType<SecuritySchemeMetadata>().Single().Challenge;
        return new()
        {
            Description = $"Always `{challenge}`.",
            Required = true,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            Example = challenge,
        };
    }
}
