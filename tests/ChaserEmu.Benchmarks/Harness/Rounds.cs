namespace ChaserEmu.Benchmarks.Harness;

/// <summary>One of those that are compared: what it is called, and a block of its work, which gives the block's figure (a rate, a latency).</summary>
internal sealed record Contender(string Name, Func<double> Block);

/// <summary>
/// The figures of a comparison. A machine's speed drifts, so that figures taken one after the other say little: in each round every
/// contender does one small block, in an order drawn anew, and only figures of the same round are compared.
/// </summary>
internal sealed class Rounds
{
    private readonly Dictionary<string, double[]> _figures;

    private Rounds(Dictionary<string, double[]> figures) => _figures = figures;

    public static Rounds Run(int rounds, int warmUps, IReadOnlyList<Contender> contenders)
    {
        var figures = contenders.ToDictionary(contender => contender.Name, _ => new double[rounds]);
        var order = contenders.ToArray();
        for (var round = -warmUps; round < rounds; round++)
        {
            Random.Shared.Shuffle(order);
            foreach (var contender in order)
            {
                var figure = contender.Block();
                if (round >= 0) figures[contender.Name][round] = figure;
            }
        }

        return new Rounds(figures);
    }

    public bool Has(string contender) => _figures.ContainsKey(contender);

    public Spread Of(string contender) => new(_figures[contender]);

    /// <summary>How one stands to another, round by round.</summary>
    public Spread Ratio(string ours, string theirs) => new([.. _figures[ours].Zip(_figures[theirs], (our, their) => our / their)]);
}

/// <summary>Some figures: the one in the middle, and the range that holds most of them.</summary>
internal readonly record struct Spread(double Median, double Low, double High)
{
    public Spread(double[] figures)
        : this(Quantile(figures, 0.5), Quantile(figures, 0.1), Quantile(figures, 0.9))
    {
    }

    public static double Quantile(double[] figures, double quantile)
    {
        var sorted = figures.Order().ToArray();
        var place = quantile * (sorted.Length - 1);
        var below = sorted[(int)place];
        var above = sorted[(int)Math.Ceiling(place)];
        return below + ((above - below) * (place - Math.Floor(place)));
    }
}
