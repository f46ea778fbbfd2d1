using System.Diagnostics;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures CDP commands per second on eight connections, each with one command at a time.</summary>
internal sealed class TunnelEightScenario : Scenario
{
    private const int Connections = 8;
    private const string Work = "Browser.getVersion on 8 connections";

    public override string Name => "tunnel-eight";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var session = context.StartEmulator().OpenSession();
        var proxies = CdpProxies.Start(context, session, CdpProxies.Nginx, CdpProxies.HAProxy, CdpProxies.NodeHttpProxy, CdpProxies.Yarp);
        var calls = context.SelectCount(250, 50);
        var rounds = context.Measure(24, [.. proxies.Routes.Select(route => Contender(context, route.Key, route.Value, calls))]);

        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Direct, "/s", Goal.AtLeast(0.9).AsAim());
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Nginx, "/s", null);
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.HAProxy, "/s", null);
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.NodeHttpProxy, "/s", Goal.AtLeast(1));
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Yarp, "/s", Goal.AtLeast(0.97));
    }

    private static Contender Contender(ScenarioContext context, string name, Uri address, int calls)
    {
        var sockets = Enumerable.Range(0, Connections).Select(_ => context.DisposeAtEnd(new RawWebSocket(address))).ToList();
        return new(name, () =>
        {
            var start = Stopwatch.GetTimestamp();
            Timing.RunInParallel(sockets.Select(socket => (Action)(() =>
            {
                for (var i = 0; i < calls; i++)
                {
                    socket.Send(RawWebSocket.GetVersionFrame);
                    socket.Receive();
                }
            })));
            return Connections * calls / Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }
}
