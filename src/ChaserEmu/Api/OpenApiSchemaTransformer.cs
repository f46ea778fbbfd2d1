using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Adds schema details that the generator does not derive: timestamps, enumeration values, constants and URLs.</summary>
internal static class OpenApiSchemaTransformer
{
    public static Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = context.JsonTypeInfo.Type;
        if (type == typeof(DateTimeOffset) || type == typeof(DateTimeOffset?))
        {
            schema.Type = type == typeof(DateTimeOffset) ? JsonSchemaType.String : JsonSchemaType.String | JsonSchemaType.Null;
            schema.Format = "date-time";
        }
        else if ((Nullable.GetUnderlyingType(type) ?? type) is { IsEnum: true } names)
        {
            // Nullability is declared on the property.
            schema.Type = JsonSchemaType.String;

            // The documentation of an enumeration is not found if its first use is nullable.
            if (names == typeof(EndedReason)) schema.Description ??= "The reason why a session closed.";
            schema.Enum = [.. Enum.GetNames(names).Select(name => (JsonNode)JsonNamingPolicy.SnakeCaseLower.ConvertName(name))];
        }

        var attributes = context.JsonPropertyInfo?.AttributeProvider?.GetCustomAttributes(inherit: true) ?? [];
        foreach (var allowed in attributes.OfType<AllowedValuesAttribute>()) schema.Enum = [.. allowed.Values.Select(value => (JsonNode)(string)value!)];
        foreach (var _ in attributes.OfType<UrlAttribute>()) schema.Format = "uri";
        return Task.CompletedTask;
    }
}
