using System.Runtime.InteropServices;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Rows;

namespace ChaserEmu.Benchmarks;

/// <summary>Runs the scenarios that were asked for, one after the other, and prints their table.</summary>
internal static class Bench
{
    private static readonly Scenario[] All =
    [
        new TunnelRoundTrip(), new TunnelEight(), new TunnelConnect(), new TunnelBulk(),
        new EgressBulk(), new EgressSmall(),
        new RestGet(), new RestPost(), new RestDurable(),
        new Start(), new ReadyOne(), new ReadyTen(),
        new Memory(), new Growth(), new Idle(), new TimeTravel(),
    ];

    public static int Run(string[] args)
    {
        var (options, code) = BenchOptions.Parse(args, [.. All.Select(scenario => scenario.Name)]);
        if (options is null) return code;

        var rows = new List<Row>();
        foreach (var scenario in All.Where(scenario => options.Wants(scenario.Name)))
        {
            if (options.List)
            {
                Console.WriteLine(scenario.Name);
                continue;
            }

            Console.Error.WriteLine($"{scenario.Name} …");
            using var stage = new Stage(options);
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
                rows.Add(Row.Missing(scenario.Name, fault.Message));
            }
        }

        if (options.List) return 0;
        var table = new Table(rows);
        Console.WriteLine(options.Markdown ? table.ToMarkdown() : table.ToText());
        return rows.Exists(row => row.IsMissing) ? 1 : 0;
    }

    /// <summary>Who breaks it off finds nothing left of it, either.</summary>
    private static PosixSignalRegistration OnSignal(PosixSignal signal, Stage stage) => PosixSignalRegistration.Create(signal, _ =>
    {
        stage.Dispose();
        Environment.Exit(130);
    });
}
