using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>
/// Rewrites nullable enumerations for OpenAPI 3.0, which has no <c>null</c> type: the writer would leave <c>oneOf</c> with <c>null</c>, which is
/// invalid there. Their component schemas are removed, because no other property uses them.
/// </summary>
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
                schema.Properties![name] = ToNullable(value);
                replaced.Add(value.Reference.Id!);
            }
        }

        foreach (var name in replaced) document.Components!.Schemas!.Remove(name);

        return Task.CompletedTask;
    }

    private static OpenApiSchema ToNullable(IOpenApiSchema value) => new()
    {
        Type = value.Type | JsonSchemaType.Null,
        Description = value.Description,
        Enum = value.Enum is null ? null : [.. value.Enum, JsonNullSentinel.JsonNull],
    };
}
