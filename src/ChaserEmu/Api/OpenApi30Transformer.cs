using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>
/// Rewrites nullable enumerations for OpenAPI 3.0, which has no <c>null</c> type: the writer would leave <c>oneOf</c> with <c>null</c>, which is
/// invalid there. Null becomes a value of the enumeration itself, because no other property uses it.
/// </summary>
internal static class OpenApi30Transformer
{
    public static Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var schema in document.Components?.Schemas?.Values ?? [])
        {
            foreach (var (name, property) in schema.Properties?.ToList() ?? [])
            {
                if (property.OneOf is not [{ Type: JsonSchemaType.Null }, OpenApiSchemaReference value]) continue;

                // 3.0 ignores what is beside a $ref; allOf keeps the description.
                schema.Properties![name] = new OpenApiSchema { Description = value.Description, AllOf = [new OpenApiSchemaReference(value.Reference.Id!, document)] };
                AddNull((OpenApiSchema)document.Components!.Schemas![value.Reference.Id!]);
            }
        }

        return Task.CompletedTask;
    }

    private static void AddNull(OpenApiSchema schema)
    {
        if (schema.Type!.Value.HasFlag(JsonSchemaType.Null)) return;
        schema.Type |= JsonSchemaType.Null;
        schema.Enum = [.. schema.Enum!, JsonNullSentinel.JsonNull];
    }
}
