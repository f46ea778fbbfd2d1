using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Says in the words of OpenAPI 3.0 what 3.1 says with a <c>null</c> type, which the writer leaves invalid: enumerations that may be null (and are nowhere else).</summary>
internal static class OpenApi30Transformer
{
    public static Task TransformAsync(Microsoft.OpenApi.OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var replaced = new HashSet<string>();
        foreach (var schema in document.Components?.Schemas?.Values ?? [])
        {
            foreach (var (name, property) in schema.Properties?.ToList() ?? [])
            {
                if (property.OneOf is not [{ Type: JsonSchemaType.Null }, OpenApiSchemaReference value]) continue;
                schema.Properties![name] = OrNull(value);
                replaced.Add(value.Reference.Id!);
            }
        }

        foreach (var name in replaced) document.Components!.Schemas!.Remove(name);

        return Task.CompletedTask;
    }

    private static OpenApiSchema OrNull(IOpenApiSchema value) => new()
    {
        Type = value.Type | JsonSchemaType.Null,
        Description = value.Description,
        Enum = value.Enum is null ? null : [.. value.Enum, JsonNullSentinel.JsonNull],
    };
}
