using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the time until 1, 5 and 20 pages that are opened at once have loaded.</summary>
internal sealed class PagesScenario : Scenario
{
    private const string Raw = "headless shell started directly";
    private const string Loaded = "document.readyState == 'complete' || new Promise(done => addEventListener('load', () => done(true)))";

    public override string Name => "pages";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var emulated = context.StartEmulator().OpenSession().CdpUrl;
        var raw = context.DisposeAtEnd(new RawChrome(RawChrome.HeadlessShell, context.CreateSubfolder("raw"))).WaitUntilAnswering().Address;
        foreach (var count in (int[])[1, 5, 20])
        {
            var rounds = context.Measure(6, [new("ChaserEmu", () => Open(emulated, count)), new(Raw, () => Open(raw, count))]);
            yield return ResultRow.Compare(Name, $"open {count} at once until loaded", rounds, Raw, "ms", Goal.AtMost(1.1));
        }
    }

    private static double Open(Uri browser, int count)
    {
        var clients = Enumerable.Range(0, count).Select(_ => new CdpClient(browser)).ToList();
        var targets = new string[count];
        var milliseconds = Timing.MeasureMilliseconds(() => Timing.RunInParallel(Enumerable.Range(0, count).Select(i => (Action)(() => targets[i] = Open(clients[i])))));
        for (var i = 0; i < count; i++)
        {
            clients[i].Call("Target.closeTarget", new { targetId = targets[i] });
            clients[i].Dispose();
        }

        return milliseconds;
    }

    private static string Open(CdpClient client)
    {
        var target = client.Call("Target.createTarget", new { url = "about:blank" }).GetProperty("targetId").GetString()!;
        var session = client.Call("Target.attachToTarget", new { targetId = target, flatten = true }).GetProperty("sessionId").GetString()!;
        client.Call("Page.navigate", new { url = "data:text/html,<p>A page" }, session);
        client.Call("Runtime.evaluate", new { expression = Loaded, awaitPromise = true }, session);
        return target;
    }
}
