using System.Globalization;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>What the command line asks for.</summary>
/// <param name="Emulator">The published emulator to measure.</param>
/// <param name="Rows">Names of scenarios or what they begin with; empty is all.</param>
/// <param name="Rounds">How many rounds each scenario is to have; null is its own number.</param>
/// <param name="Quick">Few and short rounds, to see that things work rather than how fast they are.</param>
/// <param name="Markdown">Prints the table as the README has it.</param>
internal sealed record BenchOptions(string Emulator, string[] Rows, int? Rounds, bool Quick, bool Markdown)
{
    private const string Usage = """
        ./dev bench [row …] [--rounds N] [--quick] [--markdown]
          row         only the rows whose names begin so, e.g. tunnel or rest-get
          --rounds N  rounds of each comparison
          --quick     few and short rounds: whether it works, not how fast it is
          --markdown  the table as the README has it
        Rows: 
        """;

    public bool Wants(string scenario) => Rows.Length == 0 || Rows.Any(row => scenario.StartsWith(row, StringComparison.Ordinal));

    /// <summary>Null when the arguments make no sense, which has then been said.</summary>
    public static BenchOptions? Parse(string[] args, string[] names)
    {
        var (emulator, rows, rounds, quick, markdown) = ("", new List<string>(), (int?)null, false, false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--emulator" when i + 1 < args.Length: emulator = args[++i]; break;
                case "--rounds" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var count) && count > 0: rounds = count; i++; break;
                case "--quick": quick = true; break;
                case "--markdown": markdown = true; break;
                case var name when names.Any(each => each.StartsWith(name, StringComparison.Ordinal)): rows.Add(name); break;
                case "--help": return Refuse("How fast the emulator is beside its peers, measured in one run.", names);
                default: return Refuse($"What is {args[i]}?", names);
            }
        }

        return File.Exists(emulator) ? new(emulator, [.. rows], rounds, quick, markdown) : Refuse("--emulator must name the published emulator; ./dev bench does that.", names);
    }

    private static BenchOptions? Refuse(string why, string[] names)
    {
        Console.Error.WriteLine($"{why}\n{Usage}{string.Join(", ", names)}");
        return null;
    }
}
