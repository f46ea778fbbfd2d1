namespace ChaserEmu.Benchmarks.Harness;

/// <summary>A benchmark: starts its servers, measures, and returns its rows of the table.</summary>
internal abstract class Scenario
{
    /// <summary>The name on the command line and in the table.</summary>
    public abstract string Name { get; }

    public abstract IEnumerable<ResultRow> Run(ScenarioContext context);
}
