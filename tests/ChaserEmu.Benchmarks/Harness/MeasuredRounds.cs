namespace ChaserEmu.Benchmarks.Harness;

/// <summary>A server or route in a comparison: its name, and a block of work that returns one figure (a rate or a latency).</summary>
internal sealed record Contender(string Name, Func<double> MeasureBlock);

/// <summary>
/// The figures of a comparison. The speed of a machine drifts, so figures measured at different times cannot be compared. In each round every
/// contender runs one small block, in random order, and ratios are calculated per round.
/// </summary>
internal sealed class MeasuredRounds
{
    private readonly Dictionary<string, double[]> _figures;

    private MeasuredRounds(Dictionary<string, double[]> figures) => _figures = figures;

    public static MeasuredRounds Run(int rounds, int warmUps, IReadOnlyList<Contender> contenders)
    {
        var figures = contenders.ToDictionary(contender => contender.Name, _ => new double[rounds]);
        var order = contenders.ToArray();
        for (var round = -warmUps; round < rounds; round++)
        {
            Random.Shared.Shuffle(order);
            foreach (var contender in order)
            {
                var figure = contender.MeasureBlock();
                if (round >= 0) figures[contender.Name][round] = figure;
            }
        }

        return new MeasuredRounds(figures);
    }

    public bool HasFigures(string contender) => _figures.ContainsKey(contender);

    public Percentiles GetPercentiles(string contender) => new(_figures[contender]);

    /// <summary>Returns the percentiles of the ratio of two contenders, calculated per round.</summary>
    public Percentiles GetRatio(string ours, string theirs) => new([.. _figures[ours].Zip(_figures[theirs], (our, their) => our / their)]);
}

/// <summary>The median, the 10th and the 90th percentile of some figures.</summary>
internal readonly record struct Percentiles(double Median, double P10, double P90)
{
    public Percentiles(double[] figures)
        : this(CalculateQuantile(figures, 0.5), CalculateQuantile(figures, 0.1), CalculateQuantile(figures, 0.9))
    {
    }

    public static double CalculateQuantile(double[] figures, double quantile)
    {
        var sorted = figures.Order().ToArray();
        var position = quantile * (sorted.Length - 1);
        var lower = sorted[(int)position];
        var upper = sorted[(int)Math.Ceiling(position)];
        return lower + ((upper - lower) * (position - Math.Floor(position)));
    }
}
