using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How long ten browsers take that are wanted at the same moment: until the last is ready.</summary>
internal sealed class ReadyTen : Scenario
{
    private const int Sessions = 10;
    private const string Raw = "ten headless shells by hand";

    private int _starts;

    public override string Name => "ready-ten";

    public override IEnumerable<Row> Run(Stage stage)
    {
        var emulator = stage.StartEmulator();
        var rounds = stage.Measure(6, [new("ChaserEmu", () => UntilReady(emulator.Ready())), new(Raw, () => StartRaw(stage))]);

        yield return Row.Compare(Name, "POST to ready, ten at once, the last", rounds, Raw, "ms", Goal.AtMost(1.2));
    }

    private double StartRaw(Stage stage)
    {
        var chromes = new RawChrome?[Sessions];
        try
        {
            return Clock.Milliseconds(() => Clock.Together(Enumerable.Range(0, Sessions).Select(i => (Action)(() =>
                chromes[i] = new RawChrome(RawChrome.HeadlessShell, stage.Subfolder($"raw-{Interlocked.Increment(ref _starts)}")).Answering()))));
        }
        finally
        {
            Clock.Together(chromes.Select(chrome => (Action)(() => chrome?.Dispose())));
        }
    }

    private static double UntilReady(EmulatorPeer emulator)
    {
        Clock.Wait(TimeSpan.FromSeconds(1));
        var ids = new string[Sessions];
        var milliseconds = Clock.Milliseconds(() => Clock.Together(Enumerable.Range(0, Sessions).Select(i => (Action)(() =>
        {
            ids[i] = emulator.Create();
            Clock.Until(() => emulator.Status(ids[i]) == "ready", "Ten sessions to be ready");
        }))));
        Clock.Together(ids.Select(id => (Action)(() => emulator.Delete(id))));
        return milliseconds;
    }
}
