using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the CPU usage of a thousand open, idle test-mode sessions.</summary>
internal sealed class IdleScenario : Scenario
{
    private const int Sessions = 1000;

    public override string Name => "idle";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var emulator = context.StartEmulator("Browsers:Path=none");
        for (var i = 0; i < Sessions; i++) emulator.CreateSession("""{"ttl_seconds":3600}""", EmulatorPeer.TestKey);
        Timing.Sleep(TimeSpan.FromSeconds(3));

        var seconds = context.SelectCount(10, 2);
        var before = ProcessMetrics.GetCpuSeconds(emulator.ProcessId);
        Timing.Sleep(TimeSpan.FromSeconds(seconds));
        var percent = (ProcessMetrics.GetCpuSeconds(emulator.ProcessId) - before) / seconds * 100;
        yield return ResultRow.Single(Name, "1,000 open test-mode sessions", new Percentiles(percent, percent, percent), "% of a core", Goal.AtMost(1));
    }
}
