using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>What ten idle sessions hold, against ten Chromiums as one gets them without the emulator; and what the emulator itself holds.</summary>
internal sealed class MemoryScenario : Scenario
{
    private const int Sessions = 10;
    private const int TestSessions = 1000;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public override string Name => "memory";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var emulator = stage.StartEmulator().WaitUntilReady();
        var first = emulator.OpenSession();
        Timing.Sleep(Settling);
        var alone = ProcessMetrics.GetPssMegabytes(emulator.ProcessId);
        EmulatedSession[] sessions = [first, .. Enumerable.Range(1, Sessions - 1).Select(_ => emulator.OpenSession())];
        Timing.Sleep(Settling);
        var ten = sessions.Sum(session => ProcessMetrics.GetTreePssMegabytes(session.BrowserPid));
        var self = ProcessMetrics.GetPssMegabytes(emulator.ProcessId);
        var resident = ProcessMetrics.GetRssMegabytes(emulator.ProcessId);

        if (File.Exists(RawChrome.Chromium))
        {
            var chromes = Enumerable.Range(0, Sessions).Select(i => stage.DisposeAtEnd(new RawChrome(RawChrome.Chromium, stage.CreateSubfolder($"chromium-{i}"))).WaitUntilAnswering()).ToList();
            Timing.Sleep(Settling);
            var raw = chromes.Sum(chrome => ProcessMetrics.GetTreePssMegabytes(chrome.Id));
            yield return new ResultRow(Name, "ten idle sessions, emulator included", ResultRow.FormatFigure(ten + self, "MB"), $"ten Chromiums {ResultRow.FormatFigure(raw, "MB")}", One((ten + self) / raw), Goal.AtMost(0.35));
        }
        else
        {
            yield return new ResultRow(Name, "ten idle sessions, emulator included", ResultRow.FormatFigure(ten + self, "MB"), "ten Chromiums (not installed)", null, Goal.AtMost(0.35));
        }

        yield return ResultRow.Single(Name, "the emulator itself, ten sessions (PSS)", One(self), "MB", Goal.AtMost(150));
        yield return ResultRow.Single(Name, "the emulator itself, ten sessions (RSS)", One(resident), "MB", null);
        yield return ResultRow.Single(Name, "the emulator, a further live session", One((self - alone) / (Sessions - 1)), "MB", Goal.AtMost(1));
        var before = ProcessMetrics.GetPssMegabytes(emulator.ProcessId);
        for (var i = 0; i < TestSessions; i++) emulator.CreateSession(key: EmulatorPeer.TestKey);
        Timing.Sleep(Settling);
        yield return ResultRow.Single(Name, "the emulator, a further test-mode session", One((ProcessMetrics.GetPssMegabytes(emulator.ProcessId) - before) / TestSessions), "MB", Goal.AtMost(1));
    }

    private static Percentiles One(double figure) => new(figure, figure, figure);
}
