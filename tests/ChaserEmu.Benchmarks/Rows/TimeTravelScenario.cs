using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures creating a thousand test-mode sessions and expiring them (<c>ttl_expired</c>) with one advance of the clock.</summary>
internal sealed class TimeTravelScenario : Scenario
{
    private const int Sessions = 1000;
    private const int Connections = 8;

    public override string Name => "time-travel";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var emulator = context.StartEmulator("Browsers:Path=none");
        var rounds = context.Measure(8, [new Contender("ChaserEmu", () => Travel(emulator))]);
        yield return ResultRow.Single(Name, "create 1,000, advance, all ttl_expired", rounds.GetPercentiles("ChaserEmu"), "ms", Goal.AtMost(1000));
    }

    private static double Travel(EmulatorPeer emulator)
    {
        var request = RawHttpClient.CreatePostRequest("/v1/sessions", """{"ttl_seconds":60}""", EmulatorPeer.TestKey);
        var expired = 0;
        var milliseconds = Timing.MeasureMilliseconds(() =>
        {
            Timing.RunInParallel(Enumerable.Repeat(() =>
            {
                using var connection = new RawHttpClient(emulator.Port, request);
                for (var i = 0; i < Sessions / Connections; i++) connection.Call();
            }, Connections));
            var moved = emulator.Call(HttpMethod.Post, "/_emu/clock/advance", """{"seconds":60}""")!.Value.GetProperty("transitions");
            expired = moved.EnumerateArray().Count(each => each.GetProperty("ended_reason").GetString() == "ttl_expired");
        });
        if (expired != Sessions) throw new InvalidOperationException($"Only {expired} of {Sessions} sessions expired.");
        emulator.Reset();
        return milliseconds;
    }
}
