using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>How the callers of a route prove who they are: the name of a security scheme.</summary>
internal sealed record SecuritySchemeMetadata(string Scheme);

/// <summary>Describes the two ways in, and which of them each operation takes.</summary>
internal static class OpenApiSecurityTransformer
{
    public static readonly SecuritySchemeMetadata ApiKeyScheme = new("apiKey");
    public static readonly SecuritySchemeMetadata CookieScheme = new("dashboardCookie");

    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        operation.Security =
        [
            .. context.Description.ActionDescriptor.EndpointMetadata.OfType<SecuritySchemeMetadata>().Select(way => new OpenApiSecurityRequirement
            {
                [new OpenApiSecuritySchemeReference(way.Scheme, context.Document)] = [],
            }),
        ];
        return Task.CompletedTask;
    }

    public static Task TransformAsync(Microsoft.OpenApi.OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [ApiKeyScheme.Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "A key: `cha_live_…` or `cha_test_…`.",
            },
            [CookieScheme.Scheme] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Cookie,
                Name = ApiAuthentication.Cookie,
                Description = "The dashboard's user. The emulator has no login: the cookie's value is the setting `Auth:DashboardCookie`, or a key.",
            },
        };
        return Task.CompletedTask;
    }
}
