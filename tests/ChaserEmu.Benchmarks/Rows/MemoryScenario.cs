using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the memory of ten idle sessions, compared with ten Chromiums without the emulator, and of the emulator itself.</summary>
internal sealed class MemoryScenario : Scenario
{
    private const int Sessions = 10;
    private const int TestSessions = 1000;

    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(5);

    public override string Name => "memory";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var emulator = context.StartEmulator().WaitUntilReady();
        var first = emulator.OpenSession();
        Timing.Sleep(SettleTime);
        var alone = ProcessMetrics.GetPssMegabytes(emulator.ProcessId);
        EmulatedSession[] sessions = [first, .. Enumerable.Range(1, Sessions - 1).Select(_ => emulator.OpenSession())];
        Timing.Sleep(SettleTime);
        var ten = sessions.Sum(session => ProcessMetrics.GetTreePssMegabytes(session.BrowserPid));
        var self = ProcessMetrics.GetPssMegabytes(emulator.ProcessId);
        var resident = ProcessMetrics.GetRssMegabytes(emulator.ProcessId);

        if (File.Exists(RawChrome.Chromium))
        {
            var chromes = Enumerable.Range(0, Sessions).Select(i => context.DisposeAtEnd(new RawChrome(RawChrome.Chromium, context.CreateSubfolder($"chromium-{i}"))).WaitUntilAnswering()).ToList();
            Timing.Sleep(SettleTime);
            var raw = chromes.Sum(chrome => ProcessMetrics.GetTreePssMegabytes(chrome.Id));
            yield return new ResultRow(Name, "ten idle sessions, emulator included", ResultRow.FormatFigure(ten + self, "MB"), $"ten Chromiums {ResultRow.FormatFigure(raw, "MB")}", SingleFigure((ten + self) / raw), Goal.AtMost(0.35));
        }
        else
        {
            yield return new ResultRow(Name, "ten idle sessions, emulator included", ResultRow.FormatFigure(ten + self, "MB"), "ten Chromiums (not installed)", null, Goal.AtMost(0.35));
        }

        yield return ResultRow.Single(Name, "the emulator itself, ten sessions (PSS)", SingleFigure(self), "MB", Goal.AtMost(150));
        yield return ResultRow.Single(Name, "the emulator itself, ten sessions (RSS)", SingleFigure(resident), "MB", null);
        yield return ResultRow.Single(Name, "the emulator, per additional live session", SingleFigure((self - alone) / (Sessions - 1)), "MB", Goal.AtMost(1));
        var before = ProcessMetrics.GetPssMegabytes(emulator.ProcessId);
        for (var i = 0; i < TestSessions; i++) emulator.CreateSession(key: EmulatorPeer.TestKey);
        Timing.Sleep(SettleTime);
        yield return ResultRow.Single(Name, "the emulator, per additional test-mode session", SingleFigure((ProcessMetrics.GetPssMegabytes(emulator.ProcessId) - before) / TestSessions), "MB", Goal.AtMost(1));
    }

    private static Percentiles SingleFigure(double figure) => new(figure, figure, figure);
}
