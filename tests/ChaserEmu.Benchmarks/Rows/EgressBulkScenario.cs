using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How many megabytes a second a browser can have through its egress proxy.</summary>
internal sealed class EgressBulkScenario : Scenario
{
    private const string Work = "large body through a forward proxy";

    public override string Name => "egress-bulk";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var session = stage.StartEmulator($"Browsers:Path={FakeBrowser.Path}").OpenSession();
        var ways = new ForwardProxies(stage, session.GetEgressPort()).StartPeers(ForwardProxies.Squid, ForwardProxies.ProxyChain, ForwardProxies.Tinyproxy);
        var bytes = (long)stage.SelectCount(256, 32) << 20;
        var rounds = stage.Measure(24, [.. ways.Names.Select(name => Contender(stage, ways, name, bytes))]);

        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Direct, "MB/s", null);
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Squid, "MB/s", Goal.AtLeast(1.2));
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.ProxyChain, "MB/s", Goal.AtLeast(1.8));
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Tinyproxy, "MB/s", null);
    }

    private static Contender Contender(ScenarioContext stage, ForwardProxies ways, string name, long bytes)
    {
        var connection = stage.DisposeAtEnd(ways.Connect(name, bytes));
        return new(name, () => bytes / 1e3 / Timing.MeasureMilliseconds(connection.Call));
    }
}
