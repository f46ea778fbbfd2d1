using System.Globalization;
using System.Text.Json.Nodes;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>The OpenAPI document of <c>/_emu</c>.</summary>
internal static class OpenApiControlDocument
{
    private const string Token = "controlToken";

    /// <summary>Every operation can return it; each operation adds its own examples.</summary>
    private static readonly ProblemMetadata UnknownParameter = new(StatusCodes.Status400BadRequest, "Unknown query parameter 'sesion'.");

    /// <summary>The other problems that every operation can return, by the name of the response.</summary>
    private static readonly Dictionary<string, ProblemMetadata> Common = new()
    {
        ["Unauthorized"] = new(StatusCodes.Status401Unauthorized, "The control plane requires the token of Control:Token in the header 'Authorization: Bearer …'."),
        ["Forbidden"] = new(StatusCodes.Status403Forbidden, OriginGuard.ForeignOriginError.Message),
        ["InternalError"] = new(StatusCodes.Status500InternalServerError, ApiError.Internal.Message),
        ["StorageUnavailable"] = new(StatusCodes.Status503ServiceUnavailable, ApiError.StorageUnavailable.Message),
    };

    private static readonly Dictionary<string, string> Tags = new()
    {
        ["Clock"] = "The emulated clock, which drives TTLs, idle limits, rate limits, timestamps and billing.",
        ["Sessions"] = "The sessions of all workspaces: inspect and end them.",
        ["Workspaces"] = "The workspaces with their keys, balances and limits.",
        ["Dashboard"] = "What a page needs to start.",
        ["Settings"] = "The settings, their values and where they come from.",
        ["State"] = "Reset the emulator, export and import its state.",
        ["Faults"] = "Fault injection rules.",
        ["Events"] = "What happens in the emulator, as it happens.",
        ["Journal"] = "The recorded API calls.",
        ["CDP journal"] = "The recorded messages of CDP connections.",
    };

    public static void Describe(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        options.ShouldInclude = operation => operation.GroupName == ControlDocument.Name && operation.HttpMethod != HttpMethods.Head;
        options.CreateSchemaReferenceId = OpenApiEndpoints.CreateSchemaReferenceId;
        options.AddSchemaTransformer(OpenApiSchemaTransformer.TransformAsync);
        options.AddSchemaTransformer(TransformAsync);
        options.AddOperationTransformer(OpenApiBodyTransformer.TransformAsync);
        options.AddOperationTransformer(TransformAsync);
        options.AddOperationTransformer(OpenApiStreamTransformer.TransformAsync);
        options.AddDocumentTransformer(TransformAsync);
        options.AddDocumentTransformer(OpenApiErrorTransformer.TransformAsync);
        options.AddDocumentTransformer(OpenApiStreamTransformer.TransformAsync);
        options.AddDocumentTransformer(OpenApiNullTransformer.TransformAsync);
    }

    private static async Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type == typeof(StateDocument) && schema.Properties?["faults"] is OpenApiSchema faults)
        {
            // The importer reads each rule by itself, so that an error names the rule.
            faults.Items = await context.GetOrCreateSchemaAsync(typeof(FaultState), parameterDescription: null, cancellationToken);
        }

        // An error code that an effect returns. The code of a close frame is a number.
        if (context.JsonTypeInfo.Type.IsAssignableTo(typeof(FaultEffect)) && schema.Properties?.TryGetValue("code", out var property) is true && property is OpenApiSchema { Type: JsonSchemaType.String } code)
            code.Enum = [.. ApiError.CatalogueCodes.Select(name => (JsonNode)name)];

        // A reference: it is about:blank for a problem without a definition (RFC 9457, section 3.1.1).
        if (context.JsonPropertyInfo is { Name: "type" } type && type.DeclaringType.IsAssignableTo(typeof(Problem))) schema.Format = "uri-reference";
    }

    private static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var (idDescription, idExample) = context.Description.RelativePath!.Split('/')[1] switch
        {
            "faults" => ("The id of the rule.", "fault_1"),
            "workspaces" => ("The id of the workspace.", "ws_0123456789abcdef01234567"),
            _ => ("The id of the session.", OpenApiExampleTransformer.SessionId),
        };
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>().Where(parameter => parameter.Name == "id"))
        {
            parameter.Description = idDescription;
            parameter.Example = idExample;
        }

        var queryParameters = metadata.OfType<QueryParameter>().ToList();
        operation.Parameters = [.. (operation.Parameters ?? []).Where(parameter => parameter.In is not ParameterLocation.Query), .. queryParameters.Select(ToParameter)];
        if (operation.Parameters.Count == 0) operation.Parameters = null;
        foreach (var group in metadata.OfType<ProblemMetadata>().Append(UnknownParameter).GroupBy(problem => problem.Status)) AddProblems(operation, group, context.Document!);
        foreach (var (name, problem) in Common) operation.Responses![ToText(problem.Status)] = new OpenApiResponseReference(name, context.Document);

        var ordered = operation.Responses!.OrderBy(response => response.Key, StringComparer.Ordinal).ToList();
        operation.Responses!.Clear();
        foreach (var (status, response) in ordered) operation.Responses.Add(status, response);
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Token, context.Document)] = [] }, new OpenApiSecurityRequirement()];
        return Task.CompletedTask;
    }

    private static OpenApiParameter ToParameter(QueryParameter parameter) => new()
    {
        Name = parameter.Name,
        In = ParameterLocation.Query,
        Description = parameter.Description,
        Schema = new OpenApiSchema
        {
            Type = parameter.Minimum is null ? JsonSchemaType.String : JsonSchemaType.Integer,
            Minimum = parameter.Minimum?.ToString(CultureInfo.InvariantCulture),
            Maximum = parameter.Maximum?.ToString(CultureInfo.InvariantCulture),
            Default = parameter.Default is { } value ? JsonValue.Create(value) : null,
            Enum = parameter.Values.Count == 0 ? null : [.. parameter.Values.Select(name => (JsonNode)name)],
        },
    };

    /// <summary>Describes an error response, with an example of each problem.</summary>
    private static void AddProblems(OpenApiOperation operation, IGrouping<int, ProblemMetadata> problems, OpenApiDocument document)
    {
        var status = ToText(problems.Key);
        if (operation.Responses!.TryGetValue(status, out var declared) && declared is OpenApiResponse own && own.Content?.Values.FirstOrDefault()?.Schema is OpenApiSchemaReference { Reference.Id: not nameof(Problem) })
        {
            own.Description = problems.First().Detail;
            return;
        }

        operation.Responses[status] = ToResponse([.. problems], document);
    }

    private static OpenApiResponse ToResponse(IReadOnlyList<ProblemMetadata> problems, OpenApiDocument document) => new()
    {
        Description = string.Join(" Or: ", problems.Select(problem => problem.Detail)),
        Content = new Dictionary<string, OpenApiMediaType>
        {
            ["application/problem+json"] = new()
            {
                Schema = new OpenApiSchemaReference(nameof(Problem), document),
                Examples = problems.Select((problem, i) => (Name: $"problem_{i + 1}", Value: ToExample(problem))).ToDictionary(row => row.Name, row => row.Value),
            },
        },
    };

    private static string ToText(int status) => status.ToString(CultureInfo.InvariantCulture);

    private static IOpenApiExample ToExample(ProblemMetadata problem) => new OpenApiExample
    {
        Value = new JsonObject { ["status"] = problem.Status, ["detail"] = problem.Detail },
    };

    private static async Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new OpenApiInfo
        {
            Title = "ChaserEmu control API",
            Version = "v1",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
            Description =
                "Does what the hosted service does not allow: moves time, resets, exports and imports state, injects faults, and lists and verifies the recorded calls.\n\n"
                + "No API key is needed. A token is needed only if the setting `Control:Token` is set. With `Control:Enabled=false` every operation returns 404. "
                + "Errors have the form of `Problem`; unknown fields and unknown query parameters are errors, too. Bodies are JSON; `Content-Type` does not matter.",
        };
        OpenApiEndpoints.NameServer(document);
        document.Components ??= new OpenApiComponents();
        document.AddComponent(nameof(Problem), await context.GetOrCreateSchemaAsync(typeof(Problem), parameterDescription: null, cancellationToken));
        foreach (var (name, problem) in Common) document.AddComponent<IOpenApiResponse>(name, ToResponse([problem], document));
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Token] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "The value of the setting `Control:Token`." },
        };
        foreach (var tag in document.Tags ?? new HashSet<OpenApiTag>())
        {
            if (Tags.TryGetValue(tag.Name!, out var description)) tag.Description = description;
        }
    }
}
