using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace ChaserEmu.Tests.Mcp;

/// <summary>Shares an emulator process with <c>Mcp:Enabled</c> between tests that do not affect each other.</summary>
public sealed class McpEmulator : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-mcp-").FullName;

    internal EmulatorProcess Emulator { get; private set; } = null!;

    public async Task InitializeAsync() => Emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none", "Mcp:Enabled=true");

    public async Task DisposeAsync()
    {
        await Emulator.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    internal Task<McpClient> ConnectAsync() => ConnectAsync(Emulator.Address);

    internal static Task<McpClient> ConnectAsync(Uri address, HttpClient? http = null, string? token = null) => McpClient.CreateAsync(new HttpClientTransport(
        new HttpClientTransportOptions
        {
            Endpoint = new Uri(address, "/_emu/mcp"),
            AdditionalHeaders = token is null ? null : new Dictionary<string, string> { ["Authorization"] = $"Bearer {token}" },
        },
        http ?? new HttpClient(),
        ownsHttpClient: true));

    /// <summary>Starts <c>chaseremu mcp</c>.</summary>
    internal static Task<McpClient> StartCommandAsync(string[] arguments, params (string Name, string Value)[] variables) => McpClient.CreateAsync(new StdioClientTransport(
        new StdioClientTransportOptions
        {
            Command = "dotnet",
            Arguments = [Path.Combine(AppContext.BaseDirectory, "ChaserEmu.dll"), "mcp", .. arguments],
            EnvironmentVariables = variables.ToDictionary(variable => variable.Name, variable => (string?)variable.Value),
        }));
}

internal static class McpClientExtensions
{
    /// <summary>Calls a tool and returns its text.</summary>
    public static async Task<string> CallAsync(this McpClient client, string tool, params (string Name, object? Value)[] arguments)
    {
        var result = await client.InvokeAsync(tool, arguments);
        var text = GetText(result);
        Assert.False(result.IsError is true, text);
        return text;
    }

    /// <summary>Calls a tool that fails, and returns its error.</summary>
    public static async Task<string> GetErrorAsync(this McpClient client, string tool, params (string Name, object? Value)[] arguments)
    {
        var result = await client.InvokeAsync(tool, arguments);
        Assert.True(result.IsError);
        return GetText(result);
    }

    private static async Task<CallToolResult> InvokeAsync(this McpClient client, string tool, (string Name, object? Value)[] arguments) =>
        await client.CallToolAsync(tool, arguments.ToDictionary(argument => argument.Name, argument => argument.Value));

    private static string GetText(CallToolResult result) => Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text;
}
