using System.Globalization;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>What the command line asks for.</summary>
/// <param name="Emulator">The published emulator to measure.</param>
/// <param name="Rows">Names of scenarios or what they begin with; empty is all.</param>
/// <param name="Rounds">How many rounds each scenario is to have; null is its own number.</param>
/// <param name="Quick">Few and short rounds, to see that things work rather than how fast they are.</param>
/// <param name="Markdown">Prints the table as the README has it.</param>
/// <param name="List">Measures nothing, and says what it would.</param>
internal sealed record BenchOptions(string Emulator, string[] Rows, int? Rounds, bool Quick, bool Markdown, bool List)
{
    private const string Usage = """
        How fast the emulator is beside its peers, measured in one run.

        ./dev bench [row …] [--rounds N] [--quick] [--markdown] [--list]
          row         only the rows whose names begin so, e.g. tunnel or rest-get
          --rounds N  rounds of each comparison
          --quick     few and short rounds: whether it works, not how fast it is
          --markdown  the table as the README has it
          --list      the rows that would be measured, and no more
        """;

    public bool Includes(string scenario) => Rows.Length == 0 || Rows.Any(row => scenario.StartsWith(row, StringComparison.Ordinal));

    /// <summary>Null when there is nothing to measure, with the exit code: 0 when it was help that was asked for, 2 when the arguments make no sense. Why has been said.</summary>
    public static (BenchOptions? Options, int Code) Parse(string[] args, string[] names)
    {
        var (emulator, rows, rounds, quick, markdown, list) = ("", new List<string>(), (int?)null, false, false, false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--help": Console.WriteLine($"{Usage}\nRows: {string.Join(", ", names)}"); return (null, 0);
                case "--emulator" when i + 1 < args.Length: emulator = args[++i]; break;
                case "--rounds" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var count) && count > 0: rounds = count; i++; break;
                case "--quick": quick = true; break;
                case "--markdown": markdown = true; break;
                case "--list": list = true; break;
                case var name when names.Any(each => each.StartsWith(name, StringComparison.Ordinal)): rows.Add(name); break;
                case var row when !row.StartsWith('-'): return Refuse($"There is no row '{row}'. Rows: {string.Join(", ", names)}");
                default: return Refuse($"'{args[i]}' is no option, or lacks its number. ./dev bench --help names them all.");
            }
        }

        return list || File.Exists(emulator)
            ? (new(emulator, [.. rows], rounds, quick, markdown, list), 0)
            : Refuse("--emulator must name the published emulator; ./dev bench does that.");
    }

    private static (BenchOptions? Options, int Code) Refuse(string why)
    {
        Console.Error.WriteLine(why);
        return (null, 2);
    }
}
