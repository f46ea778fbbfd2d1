using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the time until the last of ten sessions that were created at the same time is ready.</summary>
internal sealed class ReadyTenScenario : Scenario
{
    private const int Sessions = 10;
    private const string Raw = "ten headless shells started directly";

    private int _starts;

    public override string Name => "ready-ten";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var emulator = context.StartEmulator();
        var rounds = context.Measure(6, [new("ChaserEmu", () => MeasureUntilReady(emulator.WaitUntilReady())), new(Raw, () => StartRaw(context))]);

        yield return ResultRow.Compare(Name, "POST to ready, last of ten at once", rounds, Raw, "ms", Goal.AtMost(1.2));
    }

    private double StartRaw(ScenarioContext context)
    {
        var chromes = new RawChrome?[Sessions];
        try
        {
            return Timing.MeasureMilliseconds(() => Timing.RunInParallel(Enumerable.Range(0, Sessions).Select(i => (Action)(() =>
                chromes[i] = new RawChrome(RawChrome.HeadlessShell, context.CreateSubfolder($"raw-{Interlocked.Increment(ref _starts)}")).WaitUntilAnswering()))));
        }
        finally
        {
            Timing.RunInParallel(chromes.Select(chrome => (Action)(() => chrome?.Dispose())));
        }
    }

    private static double MeasureUntilReady(EmulatorPeer emulator)
    {
        Timing.Sleep(TimeSpan.FromSeconds(1));
        var ids = new string[Sessions];
        var milliseconds = Timing.MeasureMilliseconds(() => Timing.RunInParallel(Enumerable.Range(0, Sessions).Select(i => (Action)(() =>
        {
            ids[i] = emulator.CreateSession();
            Timing.WaitUntil(() => emulator.GetStatus(ids[i]) == "ready", "waiting for ten sessions to be ready");
        }))));
        Timing.RunInParallel(ids.Select(id => (Action)(() => emulator.DeleteSession(id))));
        return milliseconds;
    }
}
