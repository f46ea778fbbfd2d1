using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Describes what the generator does not know of the values in requests and answers.</summary>
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
            // Whether it may be null is said where it is used.
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. Enum.GetNames(names).Select(name => (JsonNode)JsonNamingPolicy.SnakeCaseLower.ConvertName(name))];
        }

        var promises = context.JsonPropertyInfo?.AttributeProvider?.GetCustomAttributes(inherit: true) ?? [];
        foreach (var allowed in promises.OfType<AllowedValuesAttribute>()) schema.Enum = [.. allowed.Values.Select(value => (JsonNode)(string)value!)];
        foreach (var _ in promises.OfType<UrlAttribute>()) schema.Format = "uri";
        return Task.CompletedTask;
    }
}
