using System.Globalization;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.RegularExpressions;
using ChaserEmu.Tests.Sessions;

namespace ChaserEmu.Tests.Operations;

/// <summary><c>/metrics</c>, parsed as Prometheus parses it.</summary>
public sealed partial class MetricsTests
{
    [Fact]
    public async Task Sessions_are_counted_by_status_and_reason()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=0");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        await client.CreateReadySessionAsync();
        await client.DeleteAsync($"/v1/sessions/{(await client.CreateReadySessionAsync()).Id()}");
        await client.CreateReadySessionAsync(new { ttl_seconds = 60 });
        await emulator.AdvanceAsync(60);

        var metrics = await ReadAsync(emulator);

        Assert.Equal(1, metrics["chaser_emu_sessions_open{status=\"ready\"}"]);
        Assert.Equal(0, metrics["chaser_emu_sessions_open{status=\"creating\"}"]);
        Assert.Equal(1, metrics["chaser_emu_sessions_ended_total{status=\"closed\",reason=\"client_delete\"}"]);
        Assert.Equal(1, metrics["chaser_emu_sessions_ended_total{status=\"closed\",reason=\"ttl_expired\"}"]);
        Assert.Equal(3, metrics["chaser_emu_session_time_to_ready_seconds_count{test_mode=\"true\"}"]);
        Assert.Equal(3, metrics["chaser_emu_session_time_to_ready_seconds_bucket{test_mode=\"true\",le=\"+Inf\"}"]);
        Assert.True(metrics["chaser_emu_session_time_to_ready_seconds_sum{test_mode=\"true\"}"] > 0);
        Assert.True(metrics["chaser_emu_commit_duration_seconds_count"] >= 3);
        Assert.Equal(0, metrics["chaser_emu_writes_waiting"]);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Browsers_connections_and_bytes_are_those_of_the_sessions()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=1", "Browsers:Max=2");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri(session.Text("cdp_url")!), CancellationToken.None);
        var metrics = await Eventually.GetAsync(() => ReadAsync(emulator), metrics => metrics["chaser_emu_browsers{state=\"warm\"}"] == 1);

        Assert.Equal(1, metrics["chaser_emu_browsers{state=\"in_use\"}"]);
        Assert.Equal(0, metrics["chaser_emu_browsers{state=\"starting\"}"]);
        Assert.Equal(2, metrics["chaser_emu_browsers_max"]);
        Assert.Equal(1, metrics["chaser_emu_cdp_connections"]);

        socket.Abort();
        await client.DeleteAsync($"/v1/sessions/{session.Id()}");
        var ended = await client.GetSessionAsync(session.Id());
        metrics = await ReadAsync(emulator);
        Assert.Equal(0, metrics["chaser_emu_cdp_connections"]);
        foreach (var direction in new[] { "up", "down" })
            Assert.Equal(ended.GetProperty($"bytes_{direction}").GetDouble(), metrics[$"chaser_emu_traffic_bytes_total{{meter=\"cdp\",direction=\"{direction}\"}}"] + metrics[$"chaser_emu_traffic_bytes_total{{meter=\"egress\",direction=\"{direction}\"}}"]);
        Assert.True(metrics["chaser_emu_traffic_bytes_total{meter=\"cdp\",direction=\"down\"}"] > 0);
    }

    [Fact]
    public async Task Faults_are_counted_by_type()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await client.PostAsJsonAsync("/_emu/faults", new { effect = new { type = "unavailable" }, count = 2 });
        for (var i = 0; i < 3; i++) await client.GetAsync("/v1/sessions");

        Assert.Equal(2, (await ReadAsync(emulator))["chaser_emu_faults_fired_total{type=\"unavailable\"}"]);
    }

    [Fact]
    public async Task Two_emulators_in_one_process_count_separately()
    {
        await using var one = Emulator.Start();
        await using var other = Emulator.Start();
        using var client = one.CreateClient();
        await client.CreateReadySessionAsync();

        Assert.Equal(1, (await ReadAsync(one))["chaser_emu_sessions_open{status=\"ready\"}"]);
        Assert.Equal(0, (await ReadAsync(other))["chaser_emu_sessions_open{status=\"ready\"}"]);
    }

    [Fact]
    public async Task Runtime_metrics_are_included_and_every_family_has_help_and_type()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        using var response = await client.GetAsync("/metrics");
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType!.ToString());
        Assert.Contains(lines, line => line.StartsWith("dotnet_process_memory_working_set_bytes ", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Matches(Line(), line));
        var families = lines.Where(line => line.StartsWith("# TYPE", StringComparison.Ordinal)).Select(line => line.Split(' ')[2]).ToList();
        Assert.Equal(families.Distinct(), families);
        Assert.All(lines.Where(line => line[0] != '#'), line => Assert.Contains(families, family => line.StartsWith(family, StringComparison.Ordinal)));
    }

    private static async Task<Dictionary<string, double>> ReadAsync(Emulator emulator)
    {
        using var client = emulator.CreateClient(null);
        var text = await client.GetStringAsync("/metrics");
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#')
            .ToDictionary(line => line[..line.LastIndexOf(' ')], line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? [-+.\dE]+)$""")]
    private static partial Regex Line();
}
