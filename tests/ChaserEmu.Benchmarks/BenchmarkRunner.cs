using System.Runtime.InteropServices;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Rows;

namespace ChaserEmu.Benchmarks;

/// <summary>Runs the scenarios that were asked for, one after the other, and prints their table.</summary>
internal static class BenchmarkRunner
{
    private static readonly Scenario[] All =
    [
        new TunnelRoundTripScenario(), new TunnelEightScenario(), new TunnelConnectScenario(), new TunnelBulkScenario(),
        new EgressBulkScenario(), new EgressSmallScenario(),
        new RestGetScenario(), new RestPostScenario(), new RestDurableScenario(),
        new StartScenario(), new ReadyOneScenario(), new ReadyTenScenario(),
        new MemoryScenario(), new GrowthScenario(), new IdleScenario(), new TimeTravelScenario(),
    ];

    public static int Run(string[] args)
    {
        var (options, code) = BenchOptions.Parse(args, [.. All.Select(scenario => scenario.Name)]);
        if (options is null) return code;

        var rows = new List<ResultRow>();
        foreach (var scenario in All.Where(scenario => options.Includes(scenario.Name)))
        {
            if (options.List)
            {
                Console.WriteLine(scenario.Name);
                continue;
            }

            Console.Error.WriteLine($"{scenario.Name} …");
            using var stage = new ScenarioContext(options);
            using var broken = OnSignal(PosixSignal.SIGINT, stage);
            using var ended = OnSignal(PosixSignal.SIGTERM, stage);
            try
            {
                rows.AddRange(scenario.Run(stage));
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                // The other rows are still worth having; this one shows that it is missing.
                Console.Error.WriteLine(fault);
                rows.Add(ResultRow.Missing(scenario.Name, fault.Message));
            }
        }

        if (options.List) return 0;
        var table = new ResultTable(rows);
        Console.WriteLine(options.Markdown ? table.ToMarkdown() : table.ToText());
        return rows.Exists(row => row.IsMissing) ? 1 : 0;
    }

    /// <summary>Who breaks it off finds nothing left of it, either.</summary>
    private static PosixSignalRegistration OnSignal(PosixSignal signal, ScenarioContext stage) => PosixSignalRegistration.Create(signal, _ =>
    {
        stage.Dispose();
        Environment.Exit(130);
    });
}
