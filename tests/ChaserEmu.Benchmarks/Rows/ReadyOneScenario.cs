using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the time from POST to <c>ready</c>, compared with starting a headless shell without the emulator.</summary>
internal sealed class ReadyOneScenario : Scenario
{
    private const string Raw = "headless shell started directly";
    private const string Warm = "warm";
    private const string Cold = "cold";

    private int _starts;

    public override string Name => "ready";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var (warm, cold) = (context.StartEmulator(), context.StartEmulator("Browsers:Warm=0"));
        var rounds = context.Measure(24, [
            new(Warm, () => MeasureUntilReady(warm.WaitUntilReady())),
            new(Cold, () => MeasureUntilReady(cold)),
            new(Raw, () => StartRaw(context)),
        ]);

        yield return ResultRow.Compare(Name, "POST to ready, warm pool", rounds, Raw, "ms", Goal.AtMost(0.1, aim: 0.05), ours: Warm);
        yield return ResultRow.Compare(Name, "POST to ready, cold start", rounds, Raw, "ms", Goal.AtMost(1.2), ours: Cold);
    }

    private double StartRaw(ScenarioContext context)
    {
        RawChrome? chrome = null;
        try
        {
            return Timing.MeasureMilliseconds(() => chrome = new RawChrome(RawChrome.HeadlessShell, context.CreateSubfolder($"raw-{_starts++}")).WaitUntilAnswering());
        }
        finally
        {
            chrome?.Dispose();
        }
    }

    /// <summary>Polls every millisecond. Without a pause, polling would use one of two cores, which the starting browser needs.</summary>
    private static double MeasureUntilReady(EmulatorPeer emulator)
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
            }, "waiting for a session to be ready");
        });
        emulator.DeleteSession(id);

        // Let the pool refill and the session's browser exit, so that they do not slow down the next block.
        Timing.Sleep(TimeSpan.FromSeconds(1));
        return milliseconds;
    }
}
