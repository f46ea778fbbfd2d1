using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the latency of a small request on a keep-alive connection through the egress proxy.</summary>
internal sealed class EgressSmallScenario : Scenario
{
    private const string Work = "1 kB on a keep-alive connection, p50";

    public override string Name => "egress-small";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var session = context.StartEmulator($"Browsers:Path={FakeBrowser.Path}").OpenSession();
        var proxies = new ForwardProxies(context, session.GetEgressPort()).StartPeers(ForwardProxies.Squid, ForwardProxies.ProxyChain, ForwardProxies.Tinyproxy);
        var calls = context.SelectCount(500, 100);
        var rounds = context.Measure(60, [.. proxies.Names.Select(name => Contender(context, proxies, name, calls))]);

        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Direct, "ms", null);
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Squid, "ms", Goal.AtMost(1));
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.ProxyChain, "ms", null);
        yield return ResultRow.Compare(Name, Work, rounds, ForwardProxies.Tinyproxy, "ms", null);
    }

    private static Contender Contender(ScenarioContext context, ForwardProxies proxies, string name, int calls)
    {
        var connection = context.DisposeAtEnd(proxies.Connect(name, 1000));
        return new(name, () => Timing.MeasureMedian(calls, connection.Call));
    }
}
