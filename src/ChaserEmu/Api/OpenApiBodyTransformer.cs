using ChaserEmu.Http;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Adds request bodies to the documents. Handlers parse bodies themselves, so the API explorer does not see them.</summary>
internal sealed class RequestBodyDescriptionProvider : IApiDescriptionProvider
{
    /// <summary>After the provider of the operations.</summary>
    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (var operation in context.Results)
        {
            if (operation.ActionDescriptor.EndpointMetadata.OfType<RequestBodyMetadata>().SingleOrDefault() is not { } body) continue;
            operation.ParameterDescriptions.Add(new ApiParameterDescription { Name = "body", Type = body.Type, Source = BindingSource.Body, IsRequired = body.Required });
            operation.SupportedRequestFormats.Add(new ApiRequestFormat { MediaType = "application/json" });
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }
}

/// <summary>Describes operations that accept one item or an array, and return the same.</summary>
internal static class OpenApiBodyTransformer
{
    public static async Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.Description.ActionDescriptor.EndpointMetadata.OfType<RequestBodyMetadata>().SingleOrDefault() is not { OrArray: true } body) return;
        foreach (var content in operation.Responses!.Where(response => response.Key.StartsWith('2')).Select(response => response.Value.Content!).Append(operation.RequestBody!.Content!))
        {
            if (content["application/json"].Schema is { } one)
                content["application/json"].Schema = new OpenApiSchema { OneOf = [one, new OpenApiSchema { Type = JsonSchemaType.Array, Items = one, MinItems = 1 }] };
        }

        if (body.Alternative is not { } alternative) return;
        context.Document!.AddComponent(alternative.Name, await context.GetOrCreateSchemaAsync(alternative, parameterDescription: null, cancellationToken));
        if (operation.RequestBody!.Content!["application/json"].Schema is OpenApiSchema { OneOf: { } accepted }) accepted.Add(new OpenApiSchemaReference(alternative.Name, context.Document));
    }
}
