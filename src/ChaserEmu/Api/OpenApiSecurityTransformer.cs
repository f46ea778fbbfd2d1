using ChaserEmu.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Adds the two security schemes, and to each operation the scheme that it requires.</summary>
internal static class OpenApiSecurityTransformer
{
    public static readonly SecuritySchemeMetadata ApiKeyScheme = new("apiKey", "Bearer");

    /// <summary>No standard defines a challenge for cookies. This one is of draft-broyer-http-cookie-auth.</summary>
    public static readonly SecuritySchemeMetadata CookieScheme = new("dashboardCookie", $"Cookie cookie-name=\"{ApiAuthentication.Cookie}\"");

    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        operation.Security =
        [
            .. context.Description.ActionDescriptor.EndpointMetadata.OfType<SecuritySchemeMetadata>().Select(metadata => new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference(metadata.Scheme, context.Document)] = [],
            }),
        ];
        return Task.CompletedTask;
    }

    public static Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [ApiKeyScheme.Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key: `cha_live_…` or `cha_test_…`.",
            },
            [CookieScheme.Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = ApiAuthentication.Cookie,
                Description = "The cookie of the dashboard: the value of the setting `Auth:DashboardCookie`, or an API key.",
            },
        };
        return Task.CompletedTask;
    }
}
