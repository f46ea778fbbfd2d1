using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures GET requests of a session per second, as clients make them while they wait for <c>ready</c>.</summary>
internal sealed class RestGetScenario : Scenario
{
    private const string Work = "GET a session, 16 connections";

    public override string Name => "rest-get";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var emulator = context.StartEmulator("Browsers:Path=none");
        var id = emulator.CreateSession(key: EmulatorPeer.TestKey);
        var rounds = context.Measure(20, [
            Contender(context, "ChaserEmu", emulator.Port, RawHttpClient.CreateGetRequest($"/v1/sessions/{id}", EmulatorPeer.TestKey)),
            .. MockApi.All.Select(api => Contender(context, api.Name, api.Start(context), api.GetRequest)),
        ]);

        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Prism.Name, "/s", Goal.AtLeast(11));
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Mockoon.Name, "/s", null);
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.JsonServer.Name, "/s", null);
    }

    private static Contender Contender(ScenarioContext context, string name, int port, byte[] request)
    {
        var span = TimeSpan.FromMilliseconds(context.SelectCount(300, 100));
        return new(name, () =>
        {
            using var load = new RestLoadGenerator(port, 16, request);
            return load.MeasureRate(span);
        });
    }
}
