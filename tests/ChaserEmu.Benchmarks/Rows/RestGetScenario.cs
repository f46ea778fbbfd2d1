using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How often a session can be asked for, as programs do that wait for it to become ready.</summary>
internal sealed class RestGetScenario : Scenario
{
    private const string Work = "GET a session, 16 connections";

    public override string Name => "rest-get";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var emulator = stage.StartEmulator("Browsers:Path=none");
        var id = emulator.CreateSession(key: EmulatorPeer.TestKey);
        var rounds = stage.Measure(20, [
            Contender(stage, "ChaserEmu", emulator.Port, RawHttpClient.CreateGetRequest($"/v1/sessions/{id}", EmulatorPeer.TestKey)),
            .. MockApi.All.Select(api => Contender(stage, api.Name, api.Start(stage), api.GetRequest)),
        ]);

        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Prism.Name, "/s", Goal.AtLeast(11));
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Mockoon.Name, "/s", null);
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.JsonServer.Name, "/s", null);
    }

    private static Contender Contender(ScenarioContext stage, string name, int port, byte[] request)
    {
        var span = TimeSpan.FromMilliseconds(stage.SelectCount(300, 100));
        return new(name, () =>
        {
            using var load = new RestLoadGenerator(port, 16, request);
            return load.MeasureRate(span);
        });
    }
}
