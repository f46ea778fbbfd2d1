using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>
/// Serves the OpenAPI documents, generated from the endpoints: OpenAPI 3.1 at <c>/openapi.yaml</c> and <c>/openapi.json</c> (checked in as
/// <c>openapi.yaml</c>), OpenAPI 3.0 at <c>/openapi/3.0.yaml</c> and <c>/openapi/3.0.json</c> for tools that need it. The document of
/// <c>/_emu</c> is OpenAPI 3.1.
/// </summary>
internal static class OpenApiEndpoints
{
    private const string Current = "v1";
    private const string Version30 = "3.0";

    /// <summary>The server in the checked-in documents.</summary>
    public const string DefaultServer = "http://127.0.0.1:8080";
    private static readonly string[] Formats = ["json", "yaml"];

    public static IServiceCollection AddContract(this IServiceCollection services)
    {
        // The schemas come from these options. Responses are written by the same contexts.
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, JsonTypeInfoResolver.Combine(
                SessionsJson.Default, UsageJson.Default, BillingJson.Default, KeysJson.Default, AuditJson.Default, ErrorJson.Default,
                ClockJson.Default, InspectionJson.Default, WorkspacesJson.Default, FailedRequestsJson.Default, DashboardJson.Default, ResetJson.Default, StateJson.Default,
                FaultsJson.Default, JournalJson.Default, CdpJournalJson.Default, EventsJson.Default, ProblemJson.Default));
        });
        return services.AddSingleton<ControlDocument>().AddSingleton(new Registrations(services));
    }

    /// <param name="app">The application.</param>
    /// <param name="isControlOpen">Whether everyone may read the document of <c>/_emu</c>, so that Swagger UI can show it.</param>
    public static void MapContract(this WebApplication app, Func<bool> isControlOpen)
    {
        // Built on first use: most runs never request the document, and startup must stay fast.
        var documents = new Lazy<RequestDelegate>(() => BuildDocuments(app));
        var page = new Lazy<RequestDelegate>(() => BuildSwaggerUI(app, isControlOpen()));
        app.Services.GetRequiredService<ControlDocument>().Serve = context => documents.Value(context);
        app.Use((context, next) =>
            context.Request.Path.StartsWithSegments("/swagger") ? ServePageAsync(context, page.Value, isControlOpen())
            : context.Request.Path.Value!.StartsWith("/openapi", StringComparison.OrdinalIgnoreCase) ? documents.Value(context)
            : next(context));
    }

    /// <summary>Declares the errors of an operation in the document: one response per status, one example per error.</summary>
    public static RouteHandlerBuilder ProducesErrors(this RouteHandlerBuilder route, params ApiError[] errors)
    {
        // Every operation can return these.
        errors = [.. errors, OriginGuard.ForeignOriginError, ApiError.Internal, ApiError.StorageUnavailable];
        foreach (var status in errors.Select(error => error.GetStatus()).Distinct()) route.Produces<Error>(status);
        return route.WithMetadata(new ErrorResponsesMetadata(errors));
    }

    /// <summary>Builds the document routes with a separate service provider, so that the application does not pay for the OpenAPI services.</summary>
    private static RequestDelegate BuildDocuments(WebApplication app)
    {
        // Copy all registrations: a handler parameter is documented as the body unless its type is a registered service.
        IServiceCollection copy = new ServiceCollection();
        foreach (var service in app.Services.GetRequiredService<Registrations>().Services) copy.Add(service);
        var services = copy
            .AddSingleton(app.Services.GetRequiredService<EndpointDataSource>())
            .AddSingleton(app.Services.GetRequiredService<ILoggerFactory>())
            .AddSingleton(app.Services.GetRequiredService<IServer>())
            .AddRouting()
            .AddTransient<IApiDescriptionProvider, RequestBodyDescriptionProvider>()
            .AddOpenApi(Current, options => Describe(options, OpenApiSpecVersion.OpenApi3_1))
            .AddOpenApi(Version30, options => Describe(options, OpenApiSpecVersion.OpenApi3_0))
            .AddOpenApi(ControlDocument.Name, OpenApiControlDocument.Describe)
            .BuildServiceProvider();
        app.Lifetime.ApplicationStopped.Register(services.Dispose);

        var routes = new ApplicationBuilder(services);
        routes.UseRouting().UseEndpoints(endpoints =>
        {
            foreach (var format in Formats)
            {
                endpoints.MapOpenApi($"/openapi.{format}").AnswerHead();
                endpoints.MapOpenApi($"/openapi/{{documentName:regex(^({Current}|{Version30.Replace(".", "\\.", StringComparison.Ordinal)})$)}}.{format}").AnswerHead();
                endpoints.MapOpenApi($"/_emu/{{documentName:regex(^{ControlDocument.Name}$)}}.{format}").AnswerHead();
            }
        });
        var serve = routes.Build();
        return async context =>
        {
            // ASP.NET Core sends text/plain+yaml; RFC 9512 registered application/yaml.
            if (context.Request.Path.Value!.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.OnStarting(() =>
                {
                    if (context.Response.StatusCode == StatusCodes.Status200OK) context.Response.ContentType = "application/yaml";
                    return Task.CompletedTask;
                });
            }

            // Routing skips requests that have an endpoint.
            var (outer, endpoint) = (context.RequestServices, context.GetEndpoint());
            context.SetEndpoint(null);
            await using var scope = services.CreateAsyncScope();
            try
            {
                context.RequestServices = scope.ServiceProvider;
                await serve(context);
            }
            finally
            {
                context.RequestServices = outer;
                context.SetEndpoint(endpoint);
            }
        };
    }

    /// <summary>
    /// Serves Swagger UI. Sets the cookie of the dashboard user, because a page cannot send one that it is given: without it, the routes that
    /// need a cookie could not be tried. HEAD is served like GET: for HEAD, Swagger UI answers with the length of its template. Kestrel leaves out
    /// the body either way.
    /// </summary>
    private static Task ServePageAsync(HttpContext context, RequestDelegate page, bool isControlOpen)
    {
        if (isControlOpen)
        {
            // With the path of the dashboard's own cookie and open to its script: of two cookies with one name, the server would read the wrong one.
            var cookie = context.RequestServices.GetRequiredService<IOptions<AuthOptions>>().Value.DashboardCookie;
            context.Response.Cookies.Append(ApiAuthentication.Cookie, cookie, new CookieOptions { Path = $"{context.Request.PathBase}/v1/", SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps });
        }

        if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
        return page(context);
    }

    private static RequestDelegate BuildSwaggerUI(IApplicationBuilder app, bool isControlOpen) => app.New().UseSwaggerUI(ui =>
    {
        ui.RoutePrefix = "swagger";
        ui.DocumentTitle = "ChaserEmu";
        ui.SwaggerEndpoint("/openapi.json", "ChaserEmu");
        if (isControlOpen) ui.SwaggerEndpoint("/_emu/openapi.json", "Control API (/_emu)");
    }).Build();

    private static void Describe(OpenApiOptions options, OpenApiSpecVersion version)
    {
        options.OpenApiVersion = version;
        options.CreateSchemaReferenceId = CreateSchemaReferenceId;

        // HEAD follows from GET. Operations of its own would need names, and every generated client would have them twice.
        var include = options.ShouldInclude;
        options.ShouldInclude = operation => operation.HttpMethod != HttpMethods.Head && include(operation);
        options.AddSchemaTransformer(OpenApiSchemaTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiErrorTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiBodyTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiParameterTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiExampleTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiSecurityTransformer.TransformAsync);
        options.AddOperationTransformer(OpenApiStreamTransformer.TransformAsync);
        options.AddDocumentTransformer(DescribeApi);
        options.AddDocumentTransformer(OpenApiSecurityTransformer.TransformAsync);
        options.AddDocumentTransformer(OpenApiErrorTransformer.TransformAsync);
        options.AddDocumentTransformer(OpenApiStreamTransformer.TransformAsync);
        options.AddDocumentTransformer(version is OpenApiSpecVersion.OpenApi3_0 ? OpenApi30Transformer.TransformAsync : OpenApiNullTransformer.TransformAsync);
    }

    /// <summary>Gets the name of a type in the documents. None is the name of a built-in type of a common language, which generated clients would hide.</summary>
    public static string GetSchemaName(Type type) =>
        type == typeof(Error) ? "ErrorResponse"
        : type == typeof(SessionResource) ? "Session"
        : type == typeof(FaultResource) ? "FaultRule"
        : type == typeof(Verification<CallMatch>) ? "CallVerification"
        : type == typeof(Verification<CdpMatch>) ? "CdpVerification"
        : type == typeof(VerificationProblem<NearCall>) ? "CallVerificationProblem"
        : type == typeof(VerificationProblem<NearMessage>) ? "CdpVerificationProblem"
        : type.Name;

    public static string? CreateSchemaReferenceId(JsonTypeInfo type) =>
        OpenApiOptions.CreateDefaultSchemaReferenceId(type) is { } name ? GetSchemaName(type.Type) is var own && own != type.Type.Name ? own : name : null;

    /// <summary>
    /// Names the address under which the document was requested as the server, so that a page such as Swagger UI calls the emulator that it came
    /// from. The checked-in documents are requested under the default address.
    /// </summary>
    public static void NameServer(Microsoft.OpenApi.OpenApiDocument document)
    {
        // The generator has put the address of the request there.
        var url = document.Servers?.FirstOrDefault()?.Url?.TrimEnd('/') ?? DefaultServer;
        document.Servers = [new OpenApiServer { Url = url, Description = url == DefaultServer ? "Default address." : "This emulator." }];
    }

    private static Task DescribeApi(Microsoft.OpenApi.OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Chaser browser sessions",
            Version = "v1",
            Description =
                "Creates and controls browser sessions that are driven over the Chrome DevTools Protocol (CDP).\n\n"
                + "Every error response has the form of `ErrorResponse`. In addition to the errors of each operation, an unknown path returns 404 `not_found`, "
                + "and an unsupported method returns 405 `method_not_allowed` with the supported methods in `Allow`. "
                + "Every `GET` operation also answers `HEAD`: with the same headers and without a body.",
        };
        NameServer(document);
        var descriptions = new Dictionary<string, string>
        {
            ["Sessions"] = "Browser sessions: create, list, get and delete them, take screenshots and open live views.",
            ["Billing"] = "Usage of the current month and top-ups of the balance.",
            ["Keys"] = "The API keys of a workspace. Requires the cookie `chaser_session`.",
            ["Audit"] = "The audit log of a workspace. Requires the cookie `chaser_session`.",
        };
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            if (descriptions.TryGetValue(tag.Name!, out var description)) tag.Description = description;
        }

        return Task.CompletedTask;
    }

    /// <summary>The service registrations of the application.</summary>
    private sealed record Registrations(IServiceCollection Services);
}
