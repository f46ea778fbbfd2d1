using ChaserEmu.Control;
using ChaserEmu.Settings;
using ModelContextProtocol.AspNetCore;

namespace ChaserEmu.Mcp;

/// <summary>
/// <c>/_emu/mcp</c>: the MCP server over HTTP. Without <c>Mcp:Enabled</c> its assemblies are not loaded, which saves start time; so no method that
/// always runs may use their types.
/// </summary>
internal static class McpEndpoint
{
    private const string Path = "/mcp";

    public static bool IsEnabled(IConfiguration configuration) => bool.TryParse(configuration[$"{McpOptions.Section}:{nameof(McpOptions.Enabled)}"], out var enabled) && enabled;

    public static IServiceCollection AddMcp(this IServiceCollection services, bool isOn)
    {
        services.AddSettings<McpOptions>();
        if (isOn) AddServer(services);
        else services.AddOptions<McpOptions>().Validate(
            options => !options.Enabled,
            "Mcp:Enabled is true, but this emulator runs inside another program, which does not have the MCP server. Remove the setting, and start 'chaseremu mcp --url' with the address of this emulator.");
        return services;
    }

    public static void MapMcp(this IEndpointRouteBuilder app, bool isOn)
    {
        var control = app.MapControlGroup();
        if (isOn) MapServer(control);
        else control.Map(Path, () => TypedResults.Problem("The MCP server is off. Start the emulator with --Mcp:Enabled=true (CHASER_EMU_Mcp__Enabled=true), or use 'chaseremu mcp'.", statusCode: StatusCodes.Status404NotFound)).ExcludeFromDescription();
    }

    private static void AddServer(IServiceCollection services) => services
        .AddHttpContextAccessor()
        .AddScoped(provider => LoopbackClient.Create(provider.GetRequiredService<IHttpContextAccessor>().HttpContext!))
        .AddEmulatorMcpServer()

        // No tool needs a session of the protocol: all state is that of the emulator.
        .WithHttpTransport(http => http.SessionMode = HttpServerSessionMode.Stateless);

    private static void MapServer(RouteGroupBuilder control) => control.MapMcp(Path).ExcludeFromDescription();
}
