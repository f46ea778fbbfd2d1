using System.Globalization;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>The errors that an operation can answer.</summary>
internal sealed record ErrorResponsesMetadata(IReadOnlyList<ApiError> Errors);

/// <summary>Describes the errors of each operation: what each status means, an example of each error, and the headers that come with it.</summary>
internal static class OpenApiErrorTransformer
{
    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var errors = context.Description.ActionDescriptor.EndpointMetadata.OfType<ErrorResponsesMetadata>().SelectMany(metadata => metadata.Errors);
        foreach (var group in errors.GroupBy(error => error.Status))
        {
            var response = (OpenApiResponse)operation.Responses![group.Key.ToString(CultureInfo.InvariantCulture)];
            response.Description = string.Join(" Or: ", group.Select(error => error.Message));
            response.Content!["application/json"].Examples = group
                .GroupBy(error => error.Code)
                .SelectMany(same => same.Select((error, i) => (Name: i == 0 ? error.Code : $"{error.Code}_{i + 1}", Error: error)))
                .ToDictionary(
                    row => row.Name,
                    IOpenApiExample (row) => new OpenApiExample { Value = JsonSerializer.SerializeToNode(Error.Of(row.Error), HttpJson.RelaxedEscaping.Error) });
            if (group.Key == StatusCodes.Status429TooManyRequests) response.Headers = Header("Retry-After", RetryAfter());
            if (group.Key == StatusCodes.Status401Unauthorized) response.Headers = Header("WWW-Authenticate", Challenge());
        }

        var ordered = operation.Responses!.OrderBy(response => response.Key, StringComparer.Ordinal).ToList();
        operation.Responses!.Clear();
        foreach (var (status, response) in ordered) operation.Responses.Add(status, response);
        return Task.CompletedTask;
    }

    private static Dictionary<string, IOpenApiHeader> Header(string name, OpenApiHeader header) => new() { [name] = header };

    private static OpenApiHeader RetryAfter() => new()
    {
        Description = "Seconds after which another try can succeed.",
        Required = true,
        Schema = new OpenApiSchema { Type = JsonSchemaType.Integer, Minimum = "1" },
        Example = 12,
    };

    private static OpenApiHeader Challenge() => new()
    {
        Description = "Always `Bearer`.",
        Required = true,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = "Bearer",
    };
}
