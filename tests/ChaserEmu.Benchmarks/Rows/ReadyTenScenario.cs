using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How long ten browsers take that are wanted at the same moment: until the last is ready.</summary>
internal sealed class ReadyTenScenario : Scenario
{
    private const int Sessions = 10;
    private const string Raw = "ten headless shells by hand";

    private int _starts;

    public override string Name => "ready-ten";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var emulator = stage.StartEmulator();
        var rounds = stage.Measure(6, [new("ChaserEmu", () => UntilReady(emulator.WaitUntilReady())), new(Raw, () => StartRaw(stage))]);

        yield return ResultRow.Compare(Name, "POST to ready, ten at once, the last", rounds, Raw, "ms", Goal.AtMost(1.2));
    }

    private double StartRaw(ScenarioContext stage)
    {
        var chromes = new RawChrome?[Sessions];
        try
        {
            return Timing.MeasureMilliseconds(() => Timing.RunInParallel(Enumerable.Range(0, Sessions).Select(i => (Action)(() =>
                chromes[i] = new RawChrome(RawChrome.HeadlessShell, stage.CreateSubfolder($"raw-{Interlocked.Increment(ref _starts)}")).WaitUntilAnswering()))));
        }
        finally
        {
            Timing.RunInParallel(chromes.Select(chrome => (Action)(() => chrome?.Dispose())));
        }
    }

    private static double UntilReady(EmulatorPeer emulator)
    {
        Timing.Sleep(TimeSpan.FromSeconds(1));
        var ids = new string[Sessions];
        var milliseconds = Timing.MeasureMilliseconds(() => Timing.RunInParallel(Enumerable.Range(0, Sessions).Select(i => (Action)(() =>
        {
            ids[i] = emulator.CreateSession();
            Timing.WaitUntil(() => emulator.GetStatus(ids[i]) == "ready", "Ten sessions to be ready");
        }))));
        Timing.RunInParallel(ids.Select(id => (Action)(() => emulator.DeleteSession(id))));
        return milliseconds;
    }
}
