using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How long one waits for a browser: from POST to <c>ready</c>, against the start of a headless shell by hand.</summary>
internal sealed class ReadyOne : Scenario
{
    private const string Raw = "headless shell by hand";
    private const string Warm = "warm";
    private const string Cold = "cold";

    private int _starts;

    public override string Name => "ready";

    public override IEnumerable<Row> Run(Stage stage)
    {
        var (warm, cold) = (stage.StartEmulator(), stage.StartEmulator("Browsers:Warm=0"));
        var rounds = stage.Measure(24, [
            new(Warm, () => UntilReady(warm.Ready())),
            new(Cold, () => UntilReady(cold)),
            new(Raw, () => StartRaw(stage)),
        ]);

        yield return Row.Compare(Name, "POST to ready, warm pool", rounds, Raw, "ms", Goal.AtMost(0.1, aim: 0.05), ours: Warm);
        yield return Row.Compare(Name, "POST to ready, cold", rounds, Raw, "ms", Goal.AtMost(1.2), ours: Cold);
    }

    private double StartRaw(Stage stage)
    {
        RawChrome? chrome = null;
        try
        {
            return Clock.Milliseconds(() => chrome = new RawChrome(RawChrome.HeadlessShell, stage.Subfolder($"raw-{_starts++}")).Answering());
        }
        finally
        {
            chrome?.Dispose();
        }
    }

    /// <summary>Asks every millisecond. Without a pause, the asking would take one of two cores from the browser that starts.</summary>
    private static double UntilReady(EmulatorPeer emulator)
    {
        using var post = new RawHttp(emulator.Port, RawHttp.Post("/v1/sessions", "{}", EmulatorPeer.LiveKey));
        var id = "";
        var milliseconds = Clock.Milliseconds(() =>
        {
            post.Ask();
            id = post.Answer(keep: true).Split("\"id\":\"")[1].Split('"')[0];
            using var get = new RawHttp(emulator.Port, RawHttp.Get($"/v1/sessions/{id}", EmulatorPeer.LiveKey));
            Clock.Until(() =>
            {
                get.Ask();
                return get.Answer(keep: true).Contains("\"status\":\"ready\"", StringComparison.Ordinal);
            }, "A session to be ready");
        });
        emulator.Delete(id);

        // Time for the pool to refill and for the session's browser to end, or whoever comes next would be slowed by it.
        Clock.Wait(TimeSpan.FromSeconds(1));
        return milliseconds;
    }
}
