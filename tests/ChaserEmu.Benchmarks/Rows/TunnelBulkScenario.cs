using System.Diagnostics;
using System.Globalization;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the throughput of a CDP tunnel in MB/s, with a fake browser that is faster than a real one.</summary>
internal sealed class TunnelBulkScenario : Scenario
{
    private const string Work = "large messages to the client";

    public override string Name => "tunnel-bulk";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var session = context.StartEmulator($"Browsers:Path={FakeBrowser.Path}").OpenSession();
        var proxies = CdpProxies.Start(context, session, CdpProxies.Nginx, CdpProxies.HAProxy, CdpProxies.NodeHttpProxy, CdpProxies.Yarp);
        var rounds = context.Measure(24, [.. proxies.Routes.Select(route => Contender(context, route.Key, route.Value))]);

        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Direct, "MB/s", null);
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Nginx, "MB/s", Goal.AtLeast(1.2));
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.HAProxy, "MB/s", Goal.AtLeast(1).AsAim());
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.NodeHttpProxy, "MB/s", Goal.AtLeast(1.2));
        yield return ResultRow.Compare(Name, Work, rounds, CdpProxies.Yarp, "MB/s", Goal.AtLeast(0.97));
    }

    private static Contender Contender(ScenarioContext context, string name, Uri address)
    {
        var socket = context.DisposeAtEnd(new RawWebSocket(address));
        var bytes = context.SelectCount(64, 16) << 20;
        var call = RawWebSocket.CreateTextFrame(bytes.ToString(CultureInfo.InvariantCulture));
        return new(name, () =>
        {
            var start = Stopwatch.GetTimestamp();
            socket.Send(call);
            for (long received = 0; received < bytes;) received += socket.Receive();
            return bytes / 1e6 / Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }
}
