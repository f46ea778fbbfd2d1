using System.Runtime.InteropServices;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Rows;

namespace ChaserEmu.Benchmarks;

/// <summary>Runs the selected scenarios one after the other and prints the result table.</summary>
internal static class BenchmarkRunner
{
    private static readonly Scenario[] All =
    [
        new TunnelRoundTripScenario(), new TunnelEightScenario(), new TunnelConnectScenario(), new TunnelBulkScenario(),
        new EgressBulkScenario(), new EgressSmallScenario(),
        new RestGetScenario(), new RestPostScenario(), new RestDurableScenario(),
        new StartScenario(), new ReadyOneScenario(), new ReadyTenScenario(), new PagesScenario(),
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
            using var context = new ScenarioContext(options);
            using var onInterrupt = OnSignal(PosixSignal.SIGINT, context);
            using var onTerminate = OnSignal(PosixSignal.SIGTERM, context);
            try
            {
                rows.AddRange(scenario.Run(context));
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // Continue with the other scenarios. The table shows this one as not measured.
                Console.Error.WriteLine(exception);
                rows.Add(ResultRow.Missing(scenario.Name, exception.Message));
            }
        }

        if (options.List) return 0;
        var table = new ResultTable(rows);
        Console.WriteLine(options.Markdown ? table.ToMarkdown() : table.ToText());
        return rows.Exists(row => row.IsMissing) ? 1 : 0;
    }

    /// <summary>Ends the started processes and deletes the temporary folder before the benchmark exits on a signal.</summary>
    private static PosixSignalRegistration OnSignal(PosixSignal signal, ScenarioContext context) => PosixSignalRegistration.Create(signal, _ =>
    {
        context.Dispose();
        Environment.Exit(130);
    });
}
