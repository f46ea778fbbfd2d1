using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Client;
using ChaserEmu.Platform;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ChaserEmu.Mcp;

/// <summary>The MCP server without its transport: the same over HTTP and over stdio. It needs a <see cref="ChaserEmulatorClient"/> among the services.</summary>
internal static class McpServerSetup
{
    private const string Instructions =
        """
        Controls ChaserEmu, an emulator of a hosted browser-session API for tests. Nothing here costs money or calls the real service.
        Typical order: reset, create_session with a key, get_session until its status is ready, connect to its cdp_url (Playwright: chromium.connectOverCDP), then add_fault or advance_clock, then verify_calls.
        Emulated time drives TTLs, idle limits, rate limits and timestamps: advance the clock in place of waiting.
        Each API key has its own workspace. Give the key in faults and verifications, so that other clients do not disturb them.
        The resource chaseremu://docs/control-plane.md describes faults, journal and clock in full.
        """;

    private static readonly AIJsonSchemaCreateOptions Schemas = new() { TransformSchemaNode = (_, node) => RemoveNull(node) };

    public static IMcpServerBuilder AddEmulatorMcpServer(this IServiceCollection services) => services
        .AddMcpServer(server =>
        {
            server.ServerInfo = new Implementation { Name = "chaseremu", Title = "ChaserEmu", Version = EmulatorVersion.Current };
            server.ServerInstructions = Instructions;
        })
        .WithTools(CreateTools())
        .WithListResourcesHandler((_, _) => ValueTask.FromResult(DocumentResources.List()))
        .WithReadResourceHandler((request, cancellationToken) => DocumentResources.ReadAsync(request.Params.Uri, request.Services!.GetRequiredService<ChaserEmulatorClient>(), cancellationToken))
        .WithRequestFilters(filters => filters.AddCallToolFilter(next => (request, cancellationToken) => ExplainErrorsAsync(next, request, cancellationToken)));

    private static IEnumerable<McpServerTool> CreateTools() =>
        from method in typeof(EmulatorTools).GetMethods()
        where method.IsDefined(typeof(McpServerToolAttribute))
        select McpServerTool.Create(method, request => ActivatorUtilities.CreateInstance<EmulatorTools>(request.Services!), new McpServerToolCreateOptions { SchemaCreateOptions = Schemas });

    /// <summary>
    /// Removes null from the schema of an optional argument: it can be left out. Some clients do not support several types, and would reject the tool or drop
    /// the rest of the schema.
    /// </summary>
    private static JsonNode RemoveNull(JsonNode node)
    {
        if (node is not JsonObject schema || schema["type"] is not JsonArray types) return node;
        schema["type"] = types.Select(type => (string?)type).Single(type => type != "null");
        if (schema.TryGetPropertyValue("default", out var value) && value is null) schema.Remove("default");
        return schema;
    }

    /// <summary>Returns the emulator's own message as the error of a tool. The library would hide it.</summary>
    private static async ValueTask<CallToolResult> ExplainErrorsAsync(
        McpRequestHandler<CallToolRequestParams, CallToolResult> next, RequestContext<CallToolRequestParams> request, CancellationToken cancellationToken)
    {
        try
        {
            return await next(request, cancellationToken);
        }
        catch (ChaserEmulatorException exception)
        {
            return CreateError(exception.Message);
        }
        catch (Exception exception) when (exception is ArgumentException or JsonException)
        {
            // The library could not read the arguments.
            return CreateError($"The arguments do not fit the tool's input schema. {exception.Message}");
        }
        catch (TaskCanceledException exception) when (exception.InnerException is TimeoutException)
        {
            return CreateError("The emulator did not answer in time. A fault rule may delay the call: see list_faults.");
        }
    }

    private static CallToolResult CreateError(string message) => new() { IsError = true, Content = [new TextContentBlock { Text = message }] };
}
