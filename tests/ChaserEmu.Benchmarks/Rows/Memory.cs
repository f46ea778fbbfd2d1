using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>What ten idle sessions hold, against ten Chromiums as one gets them without the emulator; and what the emulator itself holds.</summary>
internal sealed class Memory : Scenario
{
    private const int Sessions = 10;
    private const int TestSessions = 1000;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    public override string Name => "memory";

    public override IEnumerable<Row> Run(Stage stage)
    {
        var emulator = stage.StartEmulator().Ready();
        var first = emulator.Open();
        Clock.Wait(Settling);
        var alone = ProcessFigures.Megabytes(emulator.ProcessId);
        EmulatedSession[] sessions = [first, .. Enumerable.Range(1, Sessions - 1).Select(_ => emulator.Open())];
        Clock.Wait(Settling);
        var ten = sessions.Sum(session => ProcessFigures.TreeMegabytes(session.BrowserPid));
        var self = ProcessFigures.Megabytes(emulator.ProcessId);
        var resident = ProcessFigures.ResidentMegabytes(emulator.ProcessId);

        if (File.Exists(RawChrome.Chromium))
        {
            var chromes = Enumerable.Range(0, Sessions).Select(i => stage.Keep(new RawChrome(RawChrome.Chromium, stage.Subfolder($"chromium-{i}"))).Answering()).ToList();
            Clock.Wait(Settling);
            var raw = chromes.Sum(chrome => ProcessFigures.TreeMegabytes(chrome.Id));
            yield return new Row(Name, "ten idle sessions, emulator included", Row.Figure(ten + self, "MB"), $"ten Chromiums {Row.Figure(raw, "MB")}", One((ten + self) / raw), Goal.AtMost(0.35));
        }
        else
        {
            yield return new Row(Name, "ten idle sessions, emulator included", Row.Figure(ten + self, "MB"), "ten Chromiums (not installed)", null, Goal.AtMost(0.35));
        }

        yield return Row.Single(Name, "the emulator itself, ten sessions (PSS)", One(self), "MB", Goal.AtMost(150));
        yield return Row.Single(Name, "the emulator itself, ten sessions (RSS)", One(resident), "MB", null);
        yield return Row.Single(Name, "the emulator, a further live session", One((self - alone) / (Sessions - 1)), "MB", Goal.AtMost(1));
        var before = ProcessFigures.Megabytes(emulator.ProcessId);
        for (var i = 0; i < TestSessions; i++) emulator.Create(key: EmulatorPeer.TestKey);
        Clock.Wait(Settling);
        yield return Row.Single(Name, "the emulator, a further test-mode session", One((ProcessFigures.Megabytes(emulator.ProcessId) - before) / TestSessions), "MB", Goal.AtMost(1));
    }

    private static Spread One(double figure) => new(figure, figure, figure);
}
