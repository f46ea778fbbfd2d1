using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using ChaserEmu.Commands;

namespace ChaserEmu.Tests.Mcp;

/// <summary>Access to <c>/_emu/mcp</c>, and the command <c>mcp</c>.</summary>
public sealed partial class McpEndpointTests(McpEmulator shared) : IClassFixture<McpEmulator>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-mcp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Without_the_setting_the_endpoint_returns_404_and_the_library_is_not_loaded()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        using var client = emulator.CreateClient();

        using var response = await client.PostAsync("/_emu/mcp", null);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("--Mcp:Enabled=true", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(GetLoadedFiles(emulator));
        Assert.NotEmpty(GetLoadedFiles(shared.Emulator));
    }

    [Fact]
    public async Task An_emulator_inside_another_program_refuses_the_setting()
    {
        Assert.StartsWith("Mcp:Enabled is true, but this emulator runs inside another program", await Emulator.GetStartErrorAsync("Mcp:Enabled=true", "Storage:Path=:memory:"), StringComparison.Ordinal);
        Assert.Equal("Mcp:Enabled is 'maybe', but must be true or false.", await Emulator.GetStartErrorAsync("Mcp:Enabled=maybe", "Storage:Path=:memory:"));
    }

    [Fact]
    public async Task Foreign_origins_and_hosts_are_refused()
    {
        using var client = new HttpClient { BaseAddress = shared.Emulator.Address };
        foreach (var (header, value) in new[] { ("Origin", "https://evil.example"), ("Host", "evil.example") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/_emu/mcp");
            request.Headers.TryAddWithoutValidation(header, value);
            using var response = await client.SendAsync(request);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_endpoint_requires_the_token_and_uses_it_for_its_calls()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none", "Mcp:Enabled=true", "Control:Token=s3cret");
        using var stranger = new HttpClient { BaseAddress = emulator.Address };
        using var refused = await stranger.PostAsync("/_emu/mcp", null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        await using var client = await McpEmulator.ConnectAsync(emulator.Address, token: "s3cret");
        Assert.Contains("\"rate\":1", await client.CallAsync("get_clock"), StringComparison.Ordinal);

        await using var stdio = await McpEmulator.StartCommandAsync(["--url", emulator.Address.ToString()], ("CHASER_EMU_TOKEN", "s3cret"));
        Assert.Contains("\"rate\":1", await stdio.CallAsync("get_clock"), StringComparison.Ordinal);
        await using var wrong = await McpEmulator.StartCommandAsync(["--url", emulator.Address.ToString(), "--token", "wrong"]);
        Assert.Contains("Control:Token", await wrong.GetErrorAsync("get_clock"), StringComparison.Ordinal);
    }

    /// <summary>The endpoint calls its own emulator at the address of the request, with its host.</summary>
    [Fact]
    public async Task The_endpoint_works_on_every_kind_of_address()
    {
        CertificateGenerator.Generate(_folder, [], TextWriter.Null, TextWriter.Null);
        var socket = Path.Combine(_folder, "emulator.sock");
        await using var emulator = EmulatorProcess.Launch(
            _folder, $"urls=http://0.0.0.0:0;https://[::]:0;http://unix:{socket}", "Browsers:Path=none", "Mcp:Enabled=true", $"Https:Certificate={_folder}/cert.pem", $"Https:Key={_folder}/key.pem");
        await emulator.WaitUntilListeningAsync();
        var port = emulator.OutputLines.Select(line => HttpsPort().Match(line)).First(match => match.Success).Groups[1].Value;

        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, CustomTrustStore = { X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder, "ca.pem")) } };

        await AssertWorksAsync(new Uri($"http://localhost:{emulator.Address.Port}"), new HttpClient());
        await AssertWorksAsync(new Uri($"https://localhost:{port}"), new HttpClient(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = trust } }));
        await AssertWorksAsync(new Uri("http://a-container"), new HttpClient(new SocketsHttpHandler { ConnectCallback = async (_, cancellationToken) => await ConnectAsync(socket, cancellationToken) }));
    }

    [Fact]
    public async Task The_command_serves_the_same_tools_and_resources_as_the_endpoint()
    {
        await using var stdio = await McpEmulator.StartCommandAsync([], ("CHASER_EMU_URL", shared.Emulator.Address.ToString()));
        await using var http = await shared.ConnectAsync();

        Assert.Equal(await ListAsync(http), await ListAsync(stdio));
        Assert.Contains("\"now\"", await stdio.CallAsync("get_clock"), StringComparison.Ordinal);

        static async Task<string[]> ListAsync(ModelContextProtocol.Client.McpClient client) =>
            [.. (await client.ListToolsAsync()).Select(tool => $"{tool.Name} {tool.Description} {tool.JsonSchema}"), .. (await client.ListResourcesAsync()).Select(resource => resource.Uri)];
    }

    [Fact]
    public async Task A_tool_of_the_command_says_if_no_emulator_answers()
    {
        await using var stdio = await McpEmulator.StartCommandAsync(["--url", "http://127.0.0.1:1"]);

        Assert.StartsWith("No emulator answers at http://127.0.0.1:1/", await stdio.GetErrorAsync("get_clock"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_refuses_an_invalid_address()
    {
        await using var command = EmulatorProcess.LaunchCommand(_folder, "mcp", "--url", "127.0.0.1:8080");

        await Eventually.IsTrueAsync(() => command.OutputLines.Contains("'127.0.0.1:8080' is not an http or https URL. Give one such as http://127.0.0.1:8080 with --url or CHASER_EMU_URL."));
    }

    private static async Task AssertWorksAsync(Uri address, HttpClient http)
    {
        await using var client = await McpEmulator.ConnectAsync(address, http);
        var scheme = address.Scheme == "https" ? "wss" : "ws";
        Assert.Contains($"\"cdp_url\":\"{scheme}://{address.Authority}/sessions/", await client.CallAsync("create_session", ("key", Emulator.TestKey)), StringComparison.Ordinal);
    }

    private static async Task<Stream> ConnectAsync(string socket, CancellationToken cancellationToken)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
        return new NetworkStream(connection, ownsSocket: true);
    }

    private static string[] GetLoadedFiles(EmulatorProcess emulator) =>
        [.. File.ReadAllLines($"/proc/{emulator.Id}/maps").Where(line => line.Contains("ModelContextProtocol", StringComparison.Ordinal))];

    [GeneratedRegex(@"https://\[::\]:(\d+)")]
    private static partial Regex HttpsPort();
}
