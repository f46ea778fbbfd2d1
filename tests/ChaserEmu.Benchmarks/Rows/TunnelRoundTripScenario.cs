using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the p50 latency of a CDP command on an open connection.</summary>
internal sealed class TunnelRoundTripScenario : Scenario
{
    private const string Work = "Browser.getVersion, p50";

    public override string Name => "tunnel-roundtrip";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var session = context.StartEmulator().OpenSession();
        var proxies = CdpProxies.Start(context, session, CdpProxies.Nginx, CdpProxies.HAProxy, CdpProxies.NodeHttpProxy, CdpProxies.Yarp);
        var calls = context.SelectCount(300, 100);
        var rounds = context.Measure(60, [.. proxies.Routes.Select(route => Contender(context, route.Key, route.Value, calls))]);

        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Direct, "ms", Goal.AtMost(1.25).AsAim());
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Nginx, "ms", Goal.AtMost(1));
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.HAProxy, "ms", null);
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.NodeHttpProxy, "ms", Goal.AtMost(0.85));
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Yarp, "ms", Goal.AtMost(1.03));
    }

    private static Contender Contender(ScenarioContext context, string name, Uri address, int calls)
    {
        var socket = context.DisposeAtEnd(new RawWebSocket(address));
        return new(name, () => Timing.MeasureMedian(calls, () =>
        {
            socket.Send(RawWebSocket.GetVersionFrame);
            socket.Receive();
        }));
    }
}
