using System.Net.WebSockets;
using System.Text.Json;
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
    public async Task Each_console_entry_is_one_line_with_a_timestamp()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        await emulator.StopAsync();

        Assert.All(emulator.OutputLines, line => Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} [a-z]{4}: \S+\[\d+\] .+", line));
        Assert.NotEmpty(emulator.OutputLines);
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
