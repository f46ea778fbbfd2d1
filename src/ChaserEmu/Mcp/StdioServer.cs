using ChaserEmu.Client;
using ModelContextProtocol.Server;

namespace ChaserEmu.Mcp;

/// <summary>The MCP server over standard input and output, for an emulator that runs elsewhere.</summary>
internal static class StdioServer
{
    /// <summary>Serves one client until it closes standard input. Connects to the emulator with the first call, so the emulator may start later.</summary>
    public static async Task RunAsync(ChaserEmulatorClient emulator, CancellationToken stop)
    {
        var services = new ServiceCollection().AddSingleton(emulator);
        services.AddEmulatorMcpServer().WithStdioServerTransport();
        await using var provider = services.BuildServiceProvider();
        await provider.GetRequiredService<McpServer>().RunAsync(stop);
    }
}
