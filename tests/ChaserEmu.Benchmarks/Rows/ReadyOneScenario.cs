using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How long one waits for a browser: from POST to <c>ready</c>, against the start of a headless shell by hand.</summary>
internal sealed class ReadyOneScenario : Scenario
{
    private const string Raw = "headless shell by hand";
    private const string Warm = "warm";
    private const string Cold = "cold";

    private int _starts;

    public override string Name => "ready";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var (warm, cold) = (stage.StartEmulator(), stage.StartEmulator("Browsers:Warm=0"));
        var rounds = stage.Measure(24, [
            new(Warm, () => UntilReady(warm.WaitUntilReady())),
            new(Cold, () => UntilReady(cold)),
            new(Raw, () => StartRaw(stage)),
        ]);

        yield return ResultRow.Compare(Name, "POST to ready, warm pool", rounds, Raw, "ms", Goal.AtMost(0.1, aim: 0.05), ours: Warm);
        yield return ResultRow.Compare(Name, "POST to ready, cold", rounds, Raw, "ms", Goal.AtMost(1.2), ours: Cold);
    }

    private double StartRaw(ScenarioContext stage)
    {
        RawChrome? chrome = null;
        try
        {
            return Timing.MeasureMilliseconds(() => chrome = new RawChrome(RawChrome.HeadlessShell, stage.CreateSubfolder($"raw-{_starts++}")).WaitUntilAnswering());
        }
        finally
        {
            chrome?.Dispose();
        }
    }

    /// <summary>Asks every millisecond. Without a pause, the asking would take one of two cores from the browser that starts.</summary>
    private static double UntilReady(EmulatorPeer emulator)
    {
        using var post = new RawHttpClient(emulator.Port, RawHttpClient.CreatePostRequest("/v1/sessions", "{}", EmulatorPeer.LiveKey));
        var id = "";
        var milliseconds = Timing.MeasureMilliseconds(() =>
        {
            post.SendRequest();
            id = post.ReadResponse(keep: true).Split("\"id\":\"")[1].Split('"')[0];
            using var get = new RawHttpClient(emulator.Port, RawHttpClient.CreateGetRequest($"/v1/sessions/{id}", EmulatorPeer.LiveKey));
            Timing.WaitUntil(() =>
            {
                get.SendRequest();
                return get.ReadResponse(keep: true).Contains("\"status\":\"ready\"", StringComparison.Ordinal);
            }, "A session to be ready");
        });
        emulator.DeleteSession(id);

        // Time for the pool to refill and for the session's browser to end, or whoever comes next would be slowed by it.
        Timing.Sleep(TimeSpan.FromSeconds(1));
        return milliseconds;
    }
}
