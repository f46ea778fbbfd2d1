using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How long a small request takes on a connection through the egress proxy that is kept.</summary>
internal sealed class EgressSmallScenario : Scenario
{
    private const string Work = "1 kB on a kept connection, p50";

    public override string Name => "egress-small";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var session = stage.StartEmulator($"Browsers:Path={FakeBrowser.Path}").OpenSession();
        var ways = new ForwardProxies(stage, session.GetEgressPort()).StartPeers(ForwardProxies.Squid, ForwardProxies.ProxyChain, ForwardProxies.Tinyproxy);
        var calls = stage.SelectCount(500, 100);
        var rounds = stage.Measure(60, [.. ways.Names.Select(name => Contender(stage, ways, name, calls))]);

        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Direct, "ms", null);
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Squid, "ms", Goal.AtMost(1));
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.ProxyChain, "ms", null);
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Tinyproxy, "ms", null);
    }

    private static Contender Contender(ScenarioContext stage, ForwardProxies ways, string name, int calls)
    {
        var connection = stage.DisposeAtEnd(ways.Connect(name, 1000));
        return new(name, () => Timing.MeasureMedian(calls, connection.Call));
    }
}
