using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the time to open a CDP connection and receive the first response.</summary>
internal sealed class TunnelConnectScenario : Scenario
{
    private const string Work = "connect and first response, p50";

    /// <summary>Time for the proxy and the browser to close the previous connection.</summary>
    private static readonly TimeSpan PauseBetweenClients = TimeSpan.FromMilliseconds(2);

    public override string Name => "tunnel-connect";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var session = context.StartEmulator().OpenSession();
        var proxies = CdpProxies.Start(context, session, CdpProxies.Nginx, CdpProxies.HAProxy, CdpProxies.NodeHttpProxy, CdpProxies.Yarp);

        foreach (var row in Compare(Work, PauseBetweenClients, Goal.AtMost(0.8))) yield return row;
        foreach (var row in Compare("connect and first response, no pause between clients", TimeSpan.Zero, null)) yield return row;

        IEnumerable<ResultRow> Compare(string work, TimeSpan pause, Goal? goal)
        {
            var rounds = context.Measure(40, [.. proxies.Routes.Select(route => new Contender(route.Key, () => Connect(route.Value, context.SelectCount(20, 5), pause)))]);
            yield return ResultRow.Compare(Name, work, rounds, CdpProxies.Direct, "ms", null);
            yield return ResultRow.Compare(Name, work, rounds, CdpProxies.Nginx, "ms", null);
            yield return ResultRow.Compare(Name, work, rounds, CdpProxies.HAProxy, "ms", null);
            yield return ResultRow.Compare(Name, work, rounds, CdpProxies.NodeHttpProxy, "ms", goal);
            yield return ResultRow.Compare(Name, work, rounds, CdpProxies.Yarp, "ms", null);
        }
    }

    private static double Connect(Uri address, int times, TimeSpan pause)
    {
        RawWebSocket? socket = null;
        return Timing.MeasureMedian(times, () =>
        {
            socket = new RawWebSocket(address);
            socket.Send(RawWebSocket.GetVersionFrame);
            socket.Receive();
        }, after: () =>
        {
            socket!.Dispose();
            if (pause > TimeSpan.Zero) Timing.Sleep(pause);
        });
    }
}
