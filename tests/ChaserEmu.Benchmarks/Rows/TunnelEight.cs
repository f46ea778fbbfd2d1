using System.Diagnostics;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How many CDP calls a second eight connections make, each one call after the other.</summary>
internal sealed class TunnelEight : Scenario
{
    private const int Connections = 8;
    private const string Work = "Browser.getVersion on 8 connections";

    public override string Name => "tunnel-eight";

    public override IEnumerable<Row> Run(Stage stage)
    {
        var session = stage.StartEmulator().Open();
        var proxies = CdpProxies.Start(stage, session, CdpProxies.Nginx, CdpProxies.HAProxy, CdpProxies.NodeHttpProxy, CdpProxies.Yarp);
        var calls = stage.Scale(250, 50);
        var rounds = stage.Measure(24, [.. proxies.Routes.Select(route => Contender(stage, route.Key, route.Value, calls))]);

        yield return Row.Compare(Name, Work, rounds, CdpProxies.Direct, "/s", Goal.AtLeast(0.9).AsAim());
        yield return Row.Compare(Name, Work, rounds, CdpProxies.Nginx, "/s", null);
        yield return Row.Compare(Name, Work, rounds, CdpProxies.HAProxy, "/s", null);
        yield return Row.Compare(Name, Work, rounds, CdpProxies.NodeHttpProxy, "/s", Goal.AtLeast(1));
        yield return Row.Compare(Name, Work, rounds, CdpProxies.Yarp, "/s", Goal.AtLeast(0.97));
    }

    private static Contender Contender(Stage stage, string name, Uri address, int calls)
    {
        var sockets = Enumerable.Range(0, Connections).Select(_ => stage.Keep(new RawWebSocket(address))).ToList();
        return new(name, () =>
        {
            var start = Stopwatch.GetTimestamp();
            Clock.Together(sockets.Select(socket => (Action)(() =>
            {
                for (var i = 0; i < calls; i++)
                {
                    socket.Send(RawWebSocket.GetVersion);
                    socket.Receive();
                }
            })));
            return Connections * calls / Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }
}
