using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Writes null as the last type of a nullable schema: some generators take the first type for the only one.</summary>
internal static class OpenApiNullTransformer
{
    public static Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var schema in document.Components!.Schemas!.Values)
        {
            TransformProperties(schema, document);
            Transform(schema);
        }

        return Task.CompletedTask;
    }

    private static void TransformProperties(IOpenApiSchema schema, OpenApiDocument document)
    {
        foreach (var (name, property) in schema.Properties?.ToList() ?? [])
        {
            // A nullable enumeration with the default null has a copy of the component, without null.
            if (property is OpenApiSchema { Enum: { } values, Default: null } && schema.Required?.Contains(name) is not true && FindEnumeration(document, values) is { } component)
                schema.Properties![name] = new OpenApiSchema { Description = property.Description, OneOf = [new OpenApiSchemaReference(component, document), new OpenApiSchema { Type = JsonSchemaType.Null }] };

            // A schema without a type accepts null, so that null would match twice.
            if (property.OneOf is [{ Type: JsonSchemaType.Null }, OpenApiSchemaReference { Type: null, AnyOf: null, OneOf: null, AllOf: null } any]) schema.Properties![name] = any;
        }
    }

    private static string? FindEnumeration(OpenApiDocument document, IList<JsonNode> values) => document.Components!.Schemas!
        .FirstOrDefault(component => component.Value.Enum is { } others && others.Select(value => value.ToString()).SequenceEqual(values.Select(value => value.ToString()))).Key;

    private static void Transform(IOpenApiSchema? any)
    {
        if (any is not OpenApiSchema schema) return;
        foreach (var part in (schema.Properties?.Values ?? []).Concat(schema.OneOf ?? []).Concat(schema.AnyOf ?? []).Append(schema.Items).Append(schema.AdditionalProperties)) Transform(part);
        if (schema.OneOf is [{ Type: JsonSchemaType.Null } none, OpenApiSchemaReference value])
        {
            schema.OneOf = [value, none];
            (schema.Description, value.Description) = (schema.Description ?? value.Reference.Description, null);
        }

        // The library writes the types in the order of their flags, null first.
        if (schema.Type is not { } type || !type.HasFlag(JsonSchemaType.Null) || type is JsonSchemaType.Null) return;
        JsonNode[] names = [.. (type & ~JsonSchemaType.Null).ToIdentifiers().Select(name => (JsonNode)name), "null"];
        schema.Type = null;
        schema.Extensions = new Dictionary<string, IOpenApiExtension> { ["type"] = new JsonNodeExtension(new JsonArray(names)) };
    }
}
