using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How long a new connection takes until its first call is answered.</summary>
internal sealed class TunnelConnectScenario : Scenario
{
    private const string Work = "connect and first answer, p50";

    /// <summary>Time for a proxy and the browser to be done with the last client.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    public override string Name => "tunnel-connect";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var session = stage.StartEmulator().OpenSession();
        var proxies = CdpProxies.Start(stage, session, CdpProxies.Nginx, CdpProxies.HAProxy, CdpProxies.NodeHttpProxy, CdpProxies.Yarp);

        foreach (var row in Compare(Work, Pause, Goal.AtMost(0.8))) yield return row;
        foreach (var row in Compare("the same, clients without a pause between them", TimeSpan.Zero, null)) yield return row;

        IEnumerable<ResultRow> Compare(string work, TimeSpan pause, Goal? goal)
        {
            var rounds = stage.Measure(40, [.. proxies.Routes.Select(route => new Contender(route.Key, () => Connect(route.Value, stage.SelectCount(20, 5), pause)))]);
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
