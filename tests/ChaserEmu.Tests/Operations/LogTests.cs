using System.Net.WebSockets;
using System.Text.Json;
using ChaserEmu.Operations;
using ChaserEmu.Tests.Control;

namespace ChaserEmu.Tests.Operations;

/// <summary>The log of the emulator, as text and as JSON.</summary>
public sealed class LogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-logs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The "ready" line of a test-mode session has level Debug, because there can be a thousand of them per second.</summary>
    [Theory]
    [InlineData("Information", new[] { "ended" })]
    [InlineData("Debug", new[] { "ready", "ended" })]
    public async Task JSON_log_lines_about_a_session_carry_its_id(string level, string[] expected)
    {
        await using var emulator = await EmulatorProcess.StartAsync(
            _folder, "Browsers:Path=none", "Logging:Console:FormatterName=json", $"Logging:LogLevel:ChaserEmu.Sessions={level}");
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Emulator.TestKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        await emulator.StopAsync();

        var lines = emulator.OutputLines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(lines, line => Assert.False(string.IsNullOrEmpty(line.Text("Message"))));
        var about = lines.Where(line => line.GetProperty("State").TryGetProperty("Session", out var session) && session.GetString() == id);
        Assert.Equal(expected, about.Select(line => line.Text("Message")!.Contains(" is ready", StringComparison.Ordinal) ? "ready" : "ended"));
    }

    [Fact]
    public async Task A_fired_fault_is_logged_with_its_id_type_and_target()
    {
        await using var emulator = Emulator.Start("Logging:LogLevel:Default=Information");
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { match = new { route = "/v1/usage" }, effect = new { type = "status", code = "rate_limited" } });
        await emulator.AddFaultAsync(new { effect = new { type = "stay_creating", seconds = 60 } });
        await client.GetAsync("/v1/usage");
        var id = (await client.CreateSessionAsync()).Id();

        Assert.Equal(
            ["Fault fault_1 fired: effect=status method=GET path=/v1/usage", $"Fault fault_2 fired: effect=stay_creating session={id}"],
            emulator.Logs.Lines.Where(line => line.StartsWith("Fault", StringComparison.Ordinal)).Select(line => line.Trim()));
    }

    [Fact]
    public async Task The_console_shows_the_addresses_and_an_example_key_and_each_line_has_a_time()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        await emulator.StopAsync();

        Assert.Matches(@"^\d\d:\d\d:\d\d ChaserEmu \S+ listens on http://127\.0\.0\.1:\d+$", emulator.OutputLines.First());
        Assert.Equal(["dashboard", "API", "contract", "data file", "example key"], emulator.OutputLines.Skip(1).TakeWhile(line => line.StartsWith("  ", StringComparison.Ordinal)).Select(line => line[2..14].Trim()));
        Assert.Contains(emulator.OutputLines, line => line == "  example key  cha_live_my-laptop");
        Assert.All(emulator.OutputLines.Where(line => !line.StartsWith("  ", StringComparison.Ordinal)), line => Assert.Matches(@"^\d\d:\d\d:\d\d \S+", line));
    }

    [Fact]
    public async Task A_call_is_one_line_and_successful_reads_are_only_at_Debug()
    {
        await using var emulator = Emulator.Start("Logging:LogLevel:ChaserEmu.Calls=Information");
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();
        await client.DeleteAsync($"/v1/sessions/{id}");
        await client.GetAsync("/v1/sessions/nothing");

        Assert.Collection(
            emulator.Logs.Lines,
            line => Assert.Matches($@"^POST /v1/sessions 201 \d+ms a-t… sess_…{id[^4..]} $", line),
            line => Assert.Matches($@"^DELETE /v1/sessions/{id} 204 \d+ms a-t… sess_…{id[^4..]} $", line),
            line => Assert.Matches(@"^GET /v1/sessions/nothing 404 \d+ms a-t… session_not_found $", line));
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080", false)]
    [InlineData("http://localhost:8080", "http://localhost:8080", false)]
    [InlineData("http://[::1]:8080", "http://[::1]:8080", false)]
    [InlineData("http://unix:/run/emulator.sock", "http://unix:/run/emulator.sock", false)]
    [InlineData("http://0.0.0.0:8080", "http://localhost:8080", true)]
    [InlineData("https://[::]:8443", "https://localhost:8443", true)]
    [InlineData("http://192.0.2.1:8080", "http://192.0.2.1:8080", true)]
    public void Addresses_beyond_this_machine_are_told_apart(string url, string clientUrl, bool isReachable) =>
        Assert.Equal((clientUrl, isReachable), (StartBanner.ToClientUrl(url), StartBanner.IsReachableFromOutside(url)));

    [Theory]
    [InlineData("Auth:Mode=open", true)]
    [InlineData("Auth:Mode=strict", false)]
    public async Task Listening_beyond_this_machine_with_open_keys_is_a_warning(string mode, bool expected)
    {
        await using var emulator = EmulatorProcess.Launch(_folder, "Browsers:Path=none", "urls=http://0.0.0.0:0", mode);
        await emulator.WaitUntilListeningAsync();
        await emulator.StopAsync();

        Assert.Equal(expected, emulator.OutputLines.Any(line => line.Contains("warning: http://0.0.0.0:", StringComparison.Ordinal) && line.Contains("Auth:Mode=strict", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_session_with_a_browser_is_logged_as_ready_with_its_device()
    {
        await using var emulator = Emulator.StartWithChrome("Logging:LogLevel:Default=Information");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();

        await Eventually.IsTrueAsync(() => emulator.Logs.Lines.Any(line => line.Trim() == $"{session.Id()} is ready: device={session.GetProperty("device").GetString()}"));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_clean_tunnel_close_logs_no_error()
    {
        await using var emulator = Emulator.StartWithChrome("Logging:LogLevel:Default=Error");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri(session.Text("cdp_url")!), CancellationToken.None);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), seen => seen.GetProperty("cdp_connections").GetInt32() == 0);
        await client.DeleteAsync($"/v1/sessions/{session.Id()}");

        Assert.Empty(emulator.Logs.Lines);
    }
}
