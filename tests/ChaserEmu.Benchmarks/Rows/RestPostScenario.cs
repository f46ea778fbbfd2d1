using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How many sessions can be made, and how long the slowest takes. Ours are durable when they are answered, Prism and Mockoon keep nothing.</summary>
internal sealed class RestPostScenario : Scenario
{
    private const string Rate = "POST a session, 16 connections";
    private const string Slowest = "POST a session, 4 connections, p99";

    public override string Name => "rest-post";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var emulator = stage.StartEmulator("Browsers:Path=none");
        var servers = MockApi.All.Select(api => (api.Name, Port: api.Start(stage), Request: api.PostRequest)).Prepend(
            (Name: "ChaserEmu", emulator.Port, Request: RawHttpClient.CreatePostRequest("/v1/sessions", """{"ttl_seconds":600}""", EmulatorPeer.TestKey))).ToList();

        var span = TimeSpan.FromMilliseconds(stage.SelectCount(300, 100));
        var rates = stage.Measure(16, [.. servers.Select(server => Contender(server, 16, load => load.MeasureRate(span)))]);
        yield return ResultRow.Compare(Name, Rate, rates, MockApi.Prism.Name, "/s", Goal.AtLeast(4));
        yield return ResultRow.Compare(Name, Rate, rates, MockApi.Mockoon.Name, "/s", null);
        yield return ResultRow.Compare(Name, Rate, rates, MockApi.JsonServer.Name, "/s", null);

        // json-server writes its whole file anew for each, and so takes longer with every call: there is no such thing as its 99th of a hundred.
        var slowest = stage.Measure(16, [.. servers.Where(server => server.Name != MockApi.JsonServer.Name).Select(server => Contender(server, 4, load => load.MeasureP99(stage.SelectCount(250, 50))))]);
        yield return ResultRow.Compare(Name, Slowest, slowest, MockApi.Prism.Name, "ms", Goal.AtMost(2));
        yield return ResultRow.Compare(Name, Slowest, slowest, MockApi.Mockoon.Name, "ms", null);

        Contender Contender((string Name, int Port, byte[] Request) server, int connections, Func<RestLoadGenerator, double> measure)
        {
            return new(server.Name, () =>
            {
                using var load = new RestLoadGenerator(server.Port, connections, server.Request);
                var figure = measure(load);

                // Thousands of open sessions are another row's matter.
                if (server.Port == emulator.Port) emulator.Reset();
                return figure;
            });
        }
    }
}
