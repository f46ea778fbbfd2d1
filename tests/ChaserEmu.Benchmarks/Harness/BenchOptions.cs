using System.Globalization;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>The command-line options.</summary>
/// <param name="Emulator">The path of the published emulator to measure.</param>
/// <param name="Rows">Names of scenarios, or prefixes of names. Empty selects all.</param>
/// <param name="Rounds">The number of rounds of each comparison. Null uses the scenario's own number.</param>
/// <param name="Quick">Runs few and short rounds, to check that the benchmark works. The figures are not meaningful.</param>
/// <param name="Markdown">Prints the table as Markdown.</param>
/// <param name="List">Prints the names of the selected scenarios and measures nothing.</param>
internal sealed record BenchOptions(string Emulator, string[] Rows, int? Rounds, bool Quick, bool Markdown, bool List)
{
    private const string Usage = """
        Measures the emulator and its peers in the same run and prints a table.

        ./dev bench [row …] [--rounds N] [--quick] [--markdown] [--list]
          row         measure only rows whose name starts with this, e.g. tunnel or rest-get
          --rounds N  number of rounds of each comparison
          --quick     few and short rounds: checks that the benchmark works
          --markdown  print the table as Markdown
          --list      print the names of the selected rows and measure nothing
        """;

    public bool Includes(string scenario) => Rows.Length == 0 || Rows.Any(row => scenario.StartsWith(row, StringComparison.Ordinal));

    /// <summary>
    /// Parses the arguments. Returns null options if there is nothing to measure, with the exit code: 0 after <c>--help</c>, 2 if an argument is
    /// invalid. The error is already printed.
    /// </summary>
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
                case var row when !row.StartsWith('-'): return Reject($"There is no row '{row}'. Rows: {string.Join(", ", names)}");
                default: return Reject($"'{args[i]}' is not an option, or its value is missing or invalid. See ./dev bench --help.");
            }
        }

        return list || File.Exists(emulator)
            ? (new(emulator, [.. rows], rounds, quick, markdown, list), 0)
            : Reject($"--emulator is '{emulator}', which is not a file. Run ./dev bench: it publishes the emulator and sets this option.");
    }

    private static (BenchOptions? Options, int Code) Reject(string error)
    {
        Console.Error.WriteLine(error);
        return (null, 2);
    }
}
