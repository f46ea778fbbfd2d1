using ChaserEmu.Settings;

namespace ChaserEmu.Mcp;

/// <summary>Settings under <c>Mcp</c>: the server for coding agents.</summary>
internal sealed class McpOptions : ISettings
{
    public static string Section => "Mcp";

    /// <summary>Whether <c>/_emu/mcp</c> is an MCP server. <c>chaseremu mcp</c> works without it. Not available inside another program, such as a .NET test.</summary>
    public bool Enabled { get; set; }

    public IEnumerable<string> Validate() => [];
}
