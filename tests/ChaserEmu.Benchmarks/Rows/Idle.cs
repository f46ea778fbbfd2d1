using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>What a thousand open test-mode sessions cost while nothing happens.</summary>
internal sealed class Idle : Scenario
{
    private const int Sessions = 1000;

    public override string Name => "idle";

    public override IEnumerable<Row> Run(Stage stage)
    {
        var emulator = stage.StartEmulator("Browsers:Path=none");
        for (var i = 0; i < Sessions; i++) emulator.Create("""{"ttl_seconds":3600}""", EmulatorPeer.TestKey);
        Clock.Wait(TimeSpan.FromSeconds(3));

        var seconds = stage.Scale(10, 2);
        var before = ProcessFigures.CpuSeconds(emulator.ProcessId);
        Clock.Wait(TimeSpan.FromSeconds(seconds));
        var percent = (ProcessFigures.CpuSeconds(emulator.ProcessId) - before) / seconds * 100;
        yield return Row.Single(Name, "1,000 open test-mode sessions", new Spread(percent, percent, percent), "% of a core", Goal.AtMost(1));
    }
}
