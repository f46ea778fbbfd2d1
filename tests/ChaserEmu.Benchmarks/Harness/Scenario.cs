namespace ChaserEmu.Benchmarks.Harness;

/// <summary>One thing that is measured: sets its servers up on a stage, measures, and gives its rows of the table.</summary>
internal abstract class Scenario
{
    /// <summary>Its name on the command line and in the table.</summary>
    public abstract string Name { get; }

    public abstract IEnumerable<ResultRow> Run(ScenarioContext stage);
}
