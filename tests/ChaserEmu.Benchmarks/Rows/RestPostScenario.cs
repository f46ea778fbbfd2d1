using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>
/// Measures session creations per second, and their p99 latency. The emulator's sessions are durable when the response is sent; Prism and
/// Mockoon store nothing.
/// </summary>
internal sealed class RestPostScenario : Scenario
{
    private const string Rate = "POST a session, 16 connections";
    private const string Latency = "POST a session, 4 connections, p99";

    public override string Name => "rest-post";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var emulator = context.StartEmulator("Browsers:Path=none");
        var servers = MockApi.All.Select(api => (api.Name, Port: api.Start(context), Request: api.PostRequest)).Prepend(
            (Name: "ChaserEmu", emulator.Port, Request: RawHttpClient.CreatePostRequest("/v1/sessions", """{"ttl_seconds":600}""", EmulatorPeer.TestKey))).ToList();

        var span = TimeSpan.FromMilliseconds(context.SelectCount(300, 100));
        var rates = context.Measure(16, [.. servers.Select(server => Contender(server, 16, load => load.MeasureRate(span)))]);
        yield return ResultRow.Compare(Name, Rate, rates, MockApi.Prism.Name, "/s", Goal.AtLeast(4));
        yield return ResultRow.Compare(Name, Rate, rates, MockApi.Mockoon.Name, "/s", null);
        yield return ResultRow.Compare(Name, Rate, rates, MockApi.JsonServer.Name, "/s", null);

        // Without json-server: it rewrites its whole file on each call and gets slower with each, so a p99 is not meaningful.
        var latencies = context.Measure(16, [.. servers.Where(server => server.Name != MockApi.JsonServer.Name).Select(server => Contender(server, 4, load => load.MeasureP99(context.SelectCount(250, 50))))]);
        yield return ResultRow.Compare(Name, Latency, latencies, MockApi.Prism.Name, "ms", Goal.AtMost(2));
        yield return ResultRow.Compare(Name, Latency, latencies, MockApi.Mockoon.Name, "ms", null);

        Contender Contender((string Name, int Port, byte[] Request) server, int connections, Func<RestLoadGenerator, double> measure)
        {
            return new(server.Name, () =>
            {
                using var load = new RestLoadGenerator(server.Port, connections, server.Request);
                var figure = measure(load);

                // Delete the sessions: this row measures without thousands of open ones.
                if (server.Port == emulator.Port) emulator.Reset();
                return figure;
            });
        }
    }
}
