namespace ChaserEmu.Benchmarks.Harness;

/// <summary>One of those that are compared: what it is called, and a block of its work, which gives the block's figure (a rate, a latency).</summary>
internal sealed record Contender(string Name, Func<double> MeasureBlock);

/// <summary>
/// The figures of a comparison. A machine's speed drifts, so that figures taken one after the other say little: in each round every
/// contender does one small block, in an order drawn anew, and only figures of the same round are compared.
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

    /// <summary>How one stands to another, round by round.</summary>
    public Percentiles GetRatio(string ours, string theirs) => new([.. _figures[ours].Zip(_figures[theirs], (our, their) => our / their)]);
}

/// <summary>Some figures: the one in the middle, and the range that holds most of them.</summary>
internal readonly record struct Percentiles(double Median, double P10, double P90)
{
    public Percentiles(double[] figures)
        : this(CalculateQuantile(figures, 0.5), CalculateQuantile(figures, 0.1), CalculateQuantile(figures, 0.9))
    {
    }

    public static double CalculateQuantile(double[] figures, double quantile)
    {
        var sorted = figures.Order().ToArray();
        var place = quantile * (sorted.Length - 1);
        var below = sorted[(int)place];
        var above = sorted[(int)Math.Ceiling(place)];
        return below + ((above - below) * (place - Math.Floor(place)));
    }
}
