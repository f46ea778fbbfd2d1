using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the throughput of the egress proxy in MB/s.</summary>
internal sealed class EgressBulkScenario : Scenario
{
    private const string Work = "large body through a forward proxy";

    public override string Name => "egress-bulk";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var session = context.StartEmulator($"Browsers:Path={FakeBrowser.Path}").OpenSession();
        var proxies = new ForwardProxies(context, session.GetEgressPort()).StartPeers(ForwardProxies.Squid, ForwardProxies.ProxyChain, ForwardProxies.Tinyproxy);
        var bytes = (long)context.SelectCount(256, 32) << 20;
        var rounds = context.Measure(24, [.. proxies.Names.Select(name => Contender(context, proxies, name, bytes))]);

        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Direct, "MB/s", null);
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Squid, "MB/s", Goal.AtLeast(1.2));
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.ProxyChain, "MB/s", Goal.AtLeast(1.8));
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Tinyproxy, "MB/s", null);
    }

    private static Contender Contender(ScenarioContext context, ForwardProxies proxies, string name, long bytes)
    {
        var connection = context.DisposeAtEnd(proxies.Connect(name, bytes));
        return new(name, () => bytes / 1e3 / Timing.MeasureMilliseconds(connection.Call));
    }
}
