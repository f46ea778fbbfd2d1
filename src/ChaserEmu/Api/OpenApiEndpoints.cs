using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>
/// The published contract: made from the endpoints, checked in as <c>openapi.yaml</c>, served at <c>/openapi.yaml</c> and
/// <c>/openapi.json</c>; in OpenAPI 3.0, for tools that need it, at <c>/openapi/3.0.yaml</c> and <c>/openapi/3.0.json</c>.
/// </summary>
internal static class OpenApiEndpoints
{
    private const string Current = "v1";
    private const string Older = "3.0";
    private static readonly string[] Forms = ["json", "yaml"];

    public static IServiceCollection AddContract(this IServiceCollection services)
    {
        // The document describes the JSON that these options would write; answers are written by the same contexts.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, JsonTypeInfoResolver.Combine(ApiJson.Default, HttpJson.Default));
        });
        return services.AddSingleton(new Registrations(services));
    }

    public static void MapContract(this WebApplication app)
    {
        // Made for the first who asks, so that neither the start nor any other request has to do with it.
        var documents = new Lazy<RequestDelegate>(() => Documents(app));
        var page = new Lazy<RequestDelegate>(() => Page(app));
        app.Use((context, next) =>
            context.Request.Path.StartsWithSegments("/swagger") ? page.Value(context)
            : context.Request.Path.Value!.StartsWith("/openapi", StringComparison.OrdinalIgnoreCase) ? documents.Value(context)
            : next(context));
    }

    /// <summary>Lists the errors that an operation can answer, for the document: one response a status, one example an error.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ApiError[] errors)
    {
        // Of every operation: a foreign page's request, a bug, and a full disk.
        errors = [.. errors, OriginGuard.ForeignOriginError, ApiError.Internal, ApiError.StorageUnavailable];
        foreach (var status in errors.Select(error => error.Status).Distinct()) route.Produces<Error>(status);
        return route.WithMetadata(new ErrorResponsesMetadata(errors));
    }

    /// <summary>The routes of the documents, with services of their own: what describes an API is large, and few want it described.</summary>
    private static RequestDelegate Documents(WebApplication app)
    {
        // All that the application has, since a parameter is not of the body when it is a service.
        IServiceCollection all = new ServiceCollection();
        foreach (var service in app.Services.GetRequiredService<Registrations>().Services) all.Add(service);
        var services = all
            .AddSingleton(app.Services.GetRequiredService<EndpointDataSource>())
            .AddSingleton(app.Services.GetRequiredService<ILoggerFactory>())
            .AddSingleton(app.Services.GetRequiredService<IServer>())
            .AddRouting()
            .AddOpenApi(Current, options => Describe(options, OpenApiSpecVersion.OpenApi3_1))
            .AddOpenApi(Older, options => Describe(options, OpenApiSpecVersion.OpenApi3_0))
            .BuildServiceProvider();
        app.Lifetime.ApplicationStopped.Register(services.Dispose);

        var routes = new ApplicationBuilder(services);
        routes.UseRouting().UseEndpoints(endpoints =>
        {
            foreach (var form in Forms)
            {
                endpoints.MapOpenApi($"/openapi.{form}");
                endpoints.MapOpenApi($"/openapi/{{documentName}}.{form}");
            }
        });
        var serve = routes.Build();
        return async context =>
        {
            // ASP.NET Core says text/plain+yaml, from before YAML had a type of its own (RFC 9512).
            if (context.Request.Path.Value!.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.OnStarting(() =>
                {
                    if (context.Response.StatusCode == StatusCodes.Status200OK) context.Response.ContentType = "application/yaml";
                    return Task.CompletedTask;
                });
            }

            var outer = context.RequestServices;
            await using var scope = services.CreateAsyncScope();
            try
            {
                context.RequestServices = scope.ServiceProvider;
                await serve(context);
            }
            finally
            {
                context.RequestServices = outer;
            }
        };
    }

    private static RequestDelegate Page(IApplicationBuilder app) => app.New().UseSwaggerUI(ui =>
    {
        ui.RoutePrefix = "swagger";
        ui.DocumentTitle = "ChaserEmu";
        ui.SwaggerEndpoint("/openapi.json", "ChaserEmu");
    }).Build();

    private static void Describe(OpenApiOptions options, OpenApiSpecVersion version)
    {
        options.OpenApiVersion = version;
        options.CreateSchemaReferenceId = NameOf;
        options.AddSchemaTransformer(OpenApiSchemaTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiErrorTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiBodyTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiParameterTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiExampleTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiSecurityTransformer.TransformAsync);
        options.AddDocumentTransformer(DescribeApi);
        options.AddDocumentTransformer(OpenApiSecurityTransformer.TransformAsync);
        if (version is OpenApiSpecVersion.OpenApi3_0) options.AddDocumentTransformer(OpenApi30Transformer.TransformAsync);
    }

    private static string? NameOf(JsonTypeInfo type) => type.Type == typeof(SessionResource)
        ? "Session"
        : OpenApiOptions.CreateDefaultSchemaReferenceId(type);

    private static Task DescribeApi(Microsoft.OpenApi.OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Chaser browser sessions",
            Version = "v1",
            Description =
                "The hosted browser-session API, as ChaserEmu emulates it.\n\n"
                + "Every error has the form of `Error`. Beside those of each operation: an address that is not among these answers 404 `not_found`, "
                + "and a method that an address does not take 405 `method_not_allowed`, with `Allow` naming those that it does.",
        };
        document.Servers = [new OpenApiServer { Url = "http://127.0.0.1:8080", Description = "The emulator's default address." }];
        var descriptions = new Dictionary<string, string>
        {
            ["Sessions"] = "Browsers to drive over CDP, from their creation to their end.",
            ["Billing"] = "What was used, and what it costs.",
            ["Keys"] = "The API keys of a workspace; for the dashboard's user.",
            ["Audit"] = "What was done in a workspace; for the dashboard's user.",
        };
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            if (descriptions.TryGetValue(tag.Name!, out var description)) tag.Description = description;
        }

        return Task.CompletedTask;
    }

    /// <summary>What the application was put together from.</summary>
    private sealed record Registrations(IServiceCollection Services);
}
