using System.Reflection;
using ChaserEmu.Client;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace ChaserEmu.Mcp;

/// <summary>The resources of the MCP server: the pages of <c>docs</c>, which are part of the program, and the OpenAPI documents that the emulator serves.</summary>
internal static class DocumentResources
{
    private const string Scheme = "chaseremu://";
    private const string Markdown = "text/markdown";
    private const string Yaml = "application/yaml";

    private static readonly (string Name, string Path, string Title)[] Contracts =
    [
        ("openapi.yaml", "/openapi.yaml", "OpenAPI 3.1 of /v1, the emulated service"),
        ("openapi-control.yaml", "/_emu/openapi.yaml", "OpenAPI 3.1 of /_emu: clock, faults, journal, sessions, reset, state"),
    ];

    private static readonly Assembly Assembly = typeof(DocumentResources).Assembly;

    private static readonly Lazy<IReadOnlyList<Resource>> All = new(() =>
    [
        .. Assembly.GetManifestResourceNames().Where(name => name.EndsWith(".md", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
            .Select(name => new Resource { Uri = Scheme + name, Name = name, Title = GetTitle(ReadPage(name)), MimeType = Markdown }),
        .. Contracts.Select(contract => new Resource { Uri = Scheme + contract.Name, Name = contract.Name, Title = contract.Title, MimeType = Yaml }),
    ]);

    public static ListResourcesResult List() => new() { Resources = [.. All.Value] };

    /// <exception cref="McpException">There is no such resource, or the emulator did not answer.</exception>
    public static async ValueTask<ReadResourceResult> ReadAsync(string uri, ChaserEmulatorClient emulator, CancellationToken cancellationToken)
    {
        if (All.Value.FirstOrDefault(resource => resource.Uri == uri) is not { } resource)
            throw new McpProtocolException($"There is no resource '{uri}'. List the resources for those that exist.", McpErrorCode.ResourceNotFound);
        return new ReadResourceResult { Contents = [new TextResourceContents { Uri = uri, MimeType = resource.MimeType, Text = await ReadTextAsync(resource.Name, emulator, cancellationToken) }] };
    }

    private static async Task<string> ReadTextAsync(string name, ChaserEmulatorClient emulator, CancellationToken cancellationToken)
    {
        if (Contracts.FirstOrDefault(contract => contract.Name == name) is not { Path: { } path }) return ReadPage(name);
        try
        {
            return await emulator.Control.GetTextAsync(path, cancellationToken);
        }
        catch (ChaserEmulatorException exception)
        {
            throw new McpException(exception.Message, exception);
        }
    }

    private static string ReadPage(string name)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static string? GetTitle(string page) => page.Split('\n').FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal))?[2..].Trim();
}
