using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ChaserEmu.Api;
using ChaserEmu.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Api;

public sealed class OpenApiTests
{
    /// <summary>After an intended change of the API, run <c>./dev openapi</c>.</summary>
    [Theory]
    [InlineData("/openapi.yaml", "openapi.yaml")]
    [InlineData("/_emu/openapi.yaml", "docs/openapi-control.yaml")]
    public async Task The_checked_in_contract_is_what_the_emulator_serves(string address, string file)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        client.DefaultRequestHeaders.Host = new Uri(OpenApiEndpoints.DefaultServer).Authority;
        var served = await client.GetStringAsync(address);
        var path = Path.Combine(Repository.Root, file);
        if (Environment.GetEnvironmentVariable("CHASER_EMU_UPDATE_OPENAPI") == "1") await File.WriteAllTextAsync(path, served);

        Assert.Equal(await File.ReadAllTextAsync(path), served);
    }

    [Theory]
    [InlineData("/openapi.json")]
    [InlineData("/openapi/3.0.json")]
    [InlineData("/_emu/openapi.json")]
    public async Task The_served_contract_names_the_address_under_which_it_was_requested(string address)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        Assert.Equal(emulator.Address.GetLeftPart(UriPartial.Authority), await ReadServerAsync());
        client.DefaultRequestHeaders.Host = "emulator:1234";
        Assert.Equal("http://emulator:1234", await ReadServerAsync());

        async Task<string?> ReadServerAsync() => (string?)Assert.Single(JsonNode.Parse(await client.GetStringAsync(address))!["servers"]!.AsArray())!["url"];
    }

    [Theory]
    [InlineData("", HttpStatusCode.OK)]
    [InlineData("Control:Token=s3cret", HttpStatusCode.Unauthorized)]
    public async Task Routes_that_need_the_cookie_can_be_tried_in_Swagger(string setting, HttpStatusCode status)
    {
        await using var emulator = setting == "" ? Emulator.Start("Auth:DashboardCookie=a value") : Emulator.Start(setting);
        using var browser = new HttpClient { BaseAddress = emulator.Address };

        using (var page = await browser.GetAsync("/swagger/index.html")) Assert.Equal(HttpStatusCode.OK, page.StatusCode);

        Assert.Equal(status, (await browser.GetAsync("/v1/keys")).StatusCode);
    }

    [Theory]
    [InlineData("/openapi.yaml", "application/yaml")]
    [InlineData("/openapi/3.0.yaml", "application/yaml")]
    [InlineData("/openapi.json", "application/json; charset=utf-8")]
    [InlineData("/openapi/2.0.yaml", null)]
    [InlineData("/_emu/openapi.yaml", "application/yaml")]
    [InlineData("/_emu/openapi.json", "application/json; charset=utf-8")]
    [InlineData("/openapi/openapi.yaml", null)]
    public async Task Each_contract_format_has_its_content_type(string path, string? type)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        using var answer = await client.GetAsync(path);

        Assert.Equal(type is null ? HttpStatusCode.NotFound : HttpStatusCode.OK, answer.StatusCode);
        if (type is not null) Assert.Equal(type, answer.Content.Headers.ContentType?.ToString().Replace(";charset", "; charset", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Control:Token", "secret", HttpStatusCode.Unauthorized)]
    [InlineData("Control:Enabled", "false", HttpStatusCode.NotFound)]
    public async Task The_contract_of_the_control_plane_is_guarded_like_the_control_plane(string setting, string value, HttpStatusCode status)
    {
        await using var emulator = Emulator.Start($"{setting}={value}");
        using var client = emulator.CreateClient(null);

        Assert.Equal(status, (await client.GetAsync("/_emu/openapi.yaml")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/openapi.yaml")).StatusCode);
        Assert.Equal(status, (await client.GetAsync("/_emu/openapi.yaml")).StatusCode);
        Assert.DoesNotContain("/_emu/openapi.json", await client.GetStringAsync("/swagger/index.js"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_operation_of_the_control_plane_is_described()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        var document = JsonNode.Parse(await client.GetStringAsync("/_emu/openapi.json"))!;

        var routes = emulator.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => (Path: endpoint.RoutePattern.RawText!.TrimEnd('/'), endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods))

            // An MCP server describes its operations itself.
            .Where(route => route.Path.StartsWith("/_emu/", StringComparison.Ordinal) && !route.Path.Contains(ControlDocument.Name, StringComparison.Ordinal) && route.Path != "/_emu/mcp")
            .SelectMany(route => route.HttpMethods!.Where(method => method != "HEAD").Select(method => $"{method} {route.Path}")).Order(StringComparer.Ordinal);
        var operations = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => (Name: $"{operation.Key.ToUpperInvariant()} {path.Key}", Operation: operation.Value!))).ToList();

        Assert.Equal(routes, operations.Select(operation => operation.Name).Order(StringComparer.Ordinal));
        Assert.All(operations, operation => Assert.All(["operationId", "summary", "description", "tags"], field => Assert.NotNull(operation.Operation[field])));
        Assert.All(operations.SelectMany(operation => operation.Operation["parameters"]?.AsArray() ?? []), parameter => Assert.NotNull(parameter!["description"]));
        Assert.All(document["components"]!["schemas"]!.AsObject(), schema =>
        {
            Assert.True(schema.Value!["properties"] is null || schema.Value["description"] is not null, $"{schema.Key} has no description");
            Assert.All(schema.Value["properties"]?.AsObject() ?? [], property => Assert.True(
                property.Value!["enum"] is not null || property.Value["description"] is not null || property.Value["oneOf"]?.AsArray().Any(one => one!["description"] is not null) is true, $"{schema.Key}.{property.Key} has no description"));
        });
    }

    [Fact]
    public async Task Every_fault_effect_is_described_with_its_type_and_fields()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        var schemas = JsonNode.Parse(await client.GetStringAsync("/_emu/openapi.json"))!["components"]!["schemas"]!;

        var mapping = schemas["FaultEffect"]!["discriminator"]!["mapping"]!.AsObject();
        Assert.Equal(
            typeof(FaultEffect).GetCustomAttributes<JsonDerivedTypeAttribute>().Select(kind => (string)kind.TypeDiscriminator!).Order(StringComparer.Ordinal),
            mapping.Select(kind => kind.Key).Order(StringComparer.Ordinal));
        foreach (var kind in typeof(FaultEffect).GetCustomAttributes<JsonDerivedTypeAttribute>())
        {
            var schema = schemas[((string)mapping[(string)kind.TypeDiscriminator!]!).Split('/')[^1]]!;
            var fields = kind.DerivedType.GetProperties().Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null).Select(property => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
            Assert.Equal(fields.Append("type").Order(StringComparer.Ordinal), schema["properties"]!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Some generators take the first type for the only one.</summary>
    [Theory, MemberData(nameof(Documents))]
    public async Task Null_is_the_last_type_of_nullable_fields(string address)
    {
        var types = FindObjects(await ReadAsync(address)).SelectMany(schema => new[] { schema["type"] as JsonArray, ToTypes(schema["oneOf"]), ToTypes(schema["anyOf"]) })
            .OfType<JsonArray>().Select(all => all.Select(type => (string?)type).ToList()).Where(all => all.Contains("null")).ToList();

        Assert.NotEmpty(types);
        Assert.All(types, all => Assert.Equal(all.Count - 1, all.IndexOf("null")));

        static JsonArray? ToTypes(JsonNode? schemas) => schemas is JsonArray all ? [.. all.Select(one => one!["type"]?.DeepClone())] : null;
    }

    /// <summary>Generated classes are in files that import the usual namespaces.</summary>
    [Theory, MemberData(nameof(Documents))]
    public async Task No_schema_has_the_name_of_a_type_of_an_imported_namespace(string address)
    {
        string[] imported = ["System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks"];
        var names = new[] { typeof(object), typeof(Uri), typeof(Enumerable), typeof(HttpClient), typeof(Queue<>), typeof(Console) }
            .SelectMany(type => type.Assembly.GetExportedTypes()).Where(type => imported.Contains(type.Namespace)).Select(type => type.Name.Split('`')[0]).ToHashSet();

        Assert.Contains(nameof(Stream), names);
        Assert.Empty(names.Intersect((await ReadAsync(address))["components"]!["schemas"]!.AsObject().Select(schema => schema.Key)));
    }

    [Theory, MemberData(nameof(Documents))]
    public async Task Every_component_is_used_and_every_reference_has_a_component(string address)
    {
        var document = await ReadAsync(address);
        var references = FindObjects(document).Select(schema => schema["$ref"] as JsonValue).OfType<JsonValue>().Select(reference => (string)reference!).Where(reference => reference.Contains("/schemas/", StringComparison.Ordinal)).Distinct();

        Assert.Equal(document["components"]!["schemas"]!.AsObject().Select(schema => "#/components/schemas/" + schema.Key).Order(StringComparer.Ordinal), references.Order(StringComparer.Ordinal));
    }

    [Theory, MemberData(nameof(Documents))]
    public async Task Every_field_with_a_URL_has_its_format(string address)
    {
        var fields = FindObjects(await ReadAsync(address)).Select(schema => schema["properties"] as JsonObject).OfType<JsonObject>().SelectMany(properties => properties)
            .Where(field => field.Key.EndsWith("url", StringComparison.Ordinal) || ((string?)field.Value!["description"])?.Contains(" UR", StringComparison.Ordinal) is true).ToList();

        Assert.NotEmpty(fields);
        Assert.All(fields, field => Assert.True((string?)field.Value!["format"] is "uri" or "uri-reference", field.Key));
    }

    [Theory, MemberData(nameof(Documents))]
    public async Task Every_error_code_is_an_enumeration(string address)
    {
        var schemas = (await ReadAsync(address))["components"]!["schemas"]!;
        var codes = schemas.AsObject().SelectMany(schema => schema.Value!["properties"]?.AsObject() ?? [])
            .Where(field => field.Key is "error_code" || (field.Key is "code" && (string?)field.Value!["type"] is not "integer")).ToList();

        Assert.NotEmpty(codes);
        Assert.All(codes, field => Assert.True(field.Value!["enum"] is not null || field.Value.ToJsonString().Contains("schemas/ErrorCode", StringComparison.Ordinal), field.Key));
        Assert.Equal(ChaserEmu.Domain.ApiError.Codes, schemas["ErrorCode"]!["enum"]!.AsArray().Select(code => (string)code!));
    }

    [Fact]
    public async Task A_nullable_enumeration_keeps_its_name_in_OpenAPI_3_0()
    {
        var schemas = (await ReadAsync("/openapi/3.0.json"))["components"]!["schemas"]!;

        Assert.Contains("schemas/EndedReason", schemas["Session"]!["properties"]!["ended_reason"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.True((bool)schemas["EndedReason"]!["nullable"]!);
        Assert.Contains(null, schemas["EndedReason"]!["enum"]!.AsArray());
    }

    [Fact]
    public async Task The_events_of_the_audit_log_have_a_schema()
    {
        var document = await ReadAsync("/openapi.json");

        var stream = document["paths"]!["/v1/audit/stream"]!["get"]!["responses"]!["200"]!["content"]!["text/event-stream"]!;
        Assert.Equal("#/components/schemas/AuditEntry", (string?)stream["x-oai-itemSchema"]!["properties"]!["data"]!["contentSchema"]!["$ref"]);
    }

    /// <summary>The descriptions come from XML documentation, which container image builds switch off.</summary>
    [Theory]
    [InlineData("ChaserEmu")]
    [InlineData("ChaserEmu.Contracts")]
    public async Task A_build_without_a_documentation_file_still_includes_the_OpenAPI_descriptions(string project)
    {
        var startInfo = new ProcessStartInfo("dotnet", ["msbuild", Path.Combine(Repository.Root, "src", project), "-getProperty:GenerateDocumentationFile", "-p:GenerateDocumentationFile=false"])
        {
            RedirectStandardOutput = true,
        };
        using var build = Process.Start(startInfo)!;

        Assert.Equal("true", (await build.StandardOutput.ReadToEndAsync().DefaultTimeout()).Trim());
    }

    public static TheoryData<string> Documents => new("/openapi.json", "/_emu/openapi.json");

    private static async Task<JsonNode> ReadAsync(string address)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        return JsonNode.Parse(await client.GetStringAsync(address))!;
    }

    /// <summary>Returns all objects of a document, apart from examples.</summary>
    private static IEnumerable<JsonObject> FindObjects(JsonNode? node) => node switch
    {
        JsonObject one => one.Where(field => field.Key is not ("example" or "examples")).SelectMany(field => FindObjects(field.Value)).Prepend(one),
        JsonArray many => many.SelectMany(FindObjects),
        _ => [],
    };

    [Fact]
    public async Task Swagger_UI_shows_the_contract()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        Assert.Contains("swagger-ui", await client.GetStringAsync("/swagger/index.html"), StringComparison.Ordinal);
        Assert.Contains("createSession", await client.GetStringAsync("/openapi.json"), StringComparison.Ordinal);
        Assert.Contains("/_emu/openapi.json", await client.GetStringAsync("/swagger/index.js"), StringComparison.Ordinal);
    }
}
