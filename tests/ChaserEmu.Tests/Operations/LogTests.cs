using System.Net.WebSockets;
using System.Text.Json;
using ChaserEmu.Tests.Control;

namespace ChaserEmu.Tests.Operations;

/// <summary>What the emulator prints, for people and for machines.</summary>
public sealed class LogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-logs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>That one in test mode is ready is said only to who asks for it: it becomes so by itself, a thousand in a second if need be.</summary>
    [Theory]
    [InlineData("Information", new[] { "ended" })]
    [InlineData("Debug", new[] { "ready", "ended" })]
    public async Task Lines_are_JSON_when_that_is_asked_for_and_those_about_a_session_carry_its_id(string level, string[] said)
    {
        await using var emulator = await EmulatorProcess.StartAsync(
            _folder, "Browsers:Path=none", "Logging:Console:FormatterName=json", $"Logging:LogLevel:ChaserEmu.Sessions={level}");
        using var client = emulator.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Emulator.TestKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        await emulator.StopAsync();

        var lines = emulator.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(lines, line => Assert.False(string.IsNullOrEmpty(line.Text("Message"))));
        var about = lines.Where(line => line.GetProperty("State").TryGetProperty("Session", out var session) && session.GetString() == id);
        Assert.Equal(said, about.Select(line => line.Text("Message")!.Contains(" is ready", StringComparison.Ordinal) ? "ready" : "ended"));
    }

    [Fact]
    public async Task A_fault_that_fires_is_told_by_its_id_its_type_and_what_it_fires_for()
    {
        await using var emulator = Emulator.Start("Logging:LogLevel:Default=Information");
        using var client = emulator.Client();
        await emulator.AddFaultAsync(new { match = new { route = "/v1/usage" }, effect = new { type = "status", code = "rate_limited" } });
        await emulator.AddFaultAsync(new { effect = new { type = "stay_creating", seconds = 60 } });
        await client.GetAsync("/v1/usage");
        var id = (await client.CreateSessionAsync()).Id();

        Assert.Equal(
            ["Fault fault_1 (status) fires for GET /v1/usage", $"Fault fault_2 (stay_creating) fires for {id}"],
            emulator.Logs.Lines.Where(line => line.StartsWith("Fault", StringComparison.Ordinal)).Select(line => line.Trim()));
    }

    [Fact]
    public async Task On_a_terminal_each_is_one_line_with_its_time()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        await emulator.StopAsync();

        Assert.All(emulator.Lines, line => Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} [a-z]{4}: \S+\[\d+\] .+", line));
        Assert.NotEmpty(emulator.Lines);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_session_with_a_browser_says_when_it_is_ready_and_what_device_it_has()
    {
        await using var emulator = Emulator.StartWithChrome("Logging:LogLevel:Default=Information");
        using var client = emulator.Client(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();

        await Eventually.True(() => emulator.Logs.Lines.Any(line => line.Trim() == $"{session.Id()} is ready: {session.GetProperty("device").GetString()}"));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_tunnel_that_ends_well_is_nothing_to_complain_about()
    {
        await using var emulator = Emulator.StartWithChrome("Logging:LogLevel:Default=Error");
        using var client = emulator.Client(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using (var socket = new ClientWebSocket())
        {
            await socket.ConnectAsync(new Uri(session.Text("cdp_url")!), CancellationToken.None);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }

        await Eventually.AsyncValue(() => emulator.InspectAsync(session.Id()), seen => seen.GetProperty("cdp_connections").GetInt32() == 0);
        await client.DeleteAsync($"/v1/sessions/{session.Id()}");

        Assert.Empty(emulator.Logs.Lines);
    }
}
