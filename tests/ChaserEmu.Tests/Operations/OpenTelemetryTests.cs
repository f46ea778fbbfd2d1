using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests.Operations;

/// <summary>The export to a collector that the standard OpenTelemetry variables name.</summary>
public sealed class OpenTelemetryTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-otel-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Traces_and_metrics_are_exported_and_a_session_joins_the_trace_of_its_caller()
    {
        await using var collector = await Collector.StartAsync();
        const string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        string id;
        await using (var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none", $"OTEL_EXPORTER_OTLP_ENDPOINT={collector.Address}", "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"))
        {
            using var client = emulator.CreateClient();
            client.DefaultRequestHeaders.Authorization = new("Bearer", Emulator.TestKey);
            client.DefaultRequestHeaders.Add("traceparent", $"00-{trace}-00f067aa0ba902b7-01");
            id = (await client.CreateReadySessionAsync()).Id();
            await client.DeleteAsync($"/v1/sessions/{id}");
            await client.GetAsync("/checkout/a-secret-token");
            await client.GetAsync("/v1/sessions/cha%5Flive_a-secret-key?cursor=cha_live_a-secret-key");

            // The exporters flush at shutdown.
            Assert.Equal(0, await emulator.StopAsync());
        }

        var traces = collector.Received("/v1/traces");
        Assert.Contains("/checkout/", traces, StringComparison.Ordinal);
        foreach (var secret in new[] { "secret-token", "secret-key" }) Assert.DoesNotContain(secret, traces, StringComparison.Ordinal);
        foreach (var word in new[] { "session.provision", "chaser_emu.session.ended_reason", "client_delete", id, "http.route", "chaser-emu" })
            Assert.Contains(word, traces, StringComparison.OrdinalIgnoreCase);
        Assert.True(Count(traces, Encoding.Latin1.GetString(Convert.FromHexString(trace))) >= 4, "Two requests and two spans of the session belong to the caller's trace.");
        foreach (var word in new[] { "chaser_emu.sessions.ended", "chaser_emu.session.time_to_ready", "chaser_emu.traffic", "http.server.request.duration" })
            Assert.Contains(word, collector.Received("/v1/metrics"), StringComparison.Ordinal);
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    /// <summary>Receives OTLP over HTTP and stores the request bodies.</summary>
    private sealed class Collector(WebApplication app, ConcurrentQueue<(string Path, string Body)> received) : IAsyncDisposable
    {
        public string Address => app.Urls.First();

        public static async Task<Collector> StartAsync()
        {
            var received = new ConcurrentQueue<(string, string)>();
            var builder = WebApplication.CreateSlimBuilder();
            builder.WebHost.UseUrls("http://127.0.0.1:0");
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.MapPost("/v1/{signal}", async (HttpContext context) =>
            {
                using var body = new MemoryStream();
                await context.Request.Body.CopyToAsync(body);
                received.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
            });
            await app.StartAsync();
            return new Collector(app, received);
        }

        public string Received(string path) => string.Concat(received.Where(request => request.Path == path).Select(request => request.Body));

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
