using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How long a new connection takes until its first call is answered.</summary>
internal sealed class TunnelConnect : Scenario
{
    private const string Work = "connect and first answer, p50";

    public override string Name => "tunnel-connect";

    public override IEnumerable<Row> Run(Stage stage)
    {
        var session = stage.StartEmulator().Open();
        var proxies = CdpProxies.Start(stage, session, CdpProxies.Nginx, CdpProxies.HAProxy, CdpProxies.NodeHttpProxy, CdpProxies.Yarp);
        var rounds = stage.Measure(40, [.. proxies.Routes.Select(route => new Contender(route.Key, () => Clock.Median(stage.Scale(20, 5), () => Connect(route.Value))))]);

        yield return Row.Compare(Name, Work, rounds, CdpProxies.Direct, "ms", null);
        yield return Row.Compare(Name, Work, rounds, CdpProxies.Nginx, "ms", null);
        yield return Row.Compare(Name, Work, rounds, CdpProxies.HAProxy, "ms", null);
        yield return Row.Compare(Name, Work, rounds, CdpProxies.NodeHttpProxy, "ms", Goal.AtMost(0.8));
        yield return Row.Compare(Name, Work, rounds, CdpProxies.Yarp, "ms", null);
    }

    private static void Connect(Uri address)
    {
        using var socket = new RawWebSocket(address);
        socket.Send(RawWebSocket.GetVersion);
        socket.Receive();
    }
}
