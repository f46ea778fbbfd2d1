using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Control;
using Spectre.Console;

namespace ChaserEmu.Commands;

/// <summary>Writes the results of a command: for people, or as the JSON of the API for scripts.</summary>
/// <param name="writer">Receives the text. Colours and the width apply only if it is a terminal.</param>
/// <param name="isJson">Whether <c>--json</c> was given.</param>
internal sealed class CommandOutput(TextWriter writer, bool isJson)
{
    /// <summary>The width of a table that is not written to a terminal. Lines must not wrap: scripts read them.</summary>
    private const int UnlimitedWidth = 10_000;

    private readonly IAnsiConsole _console = CreateConsole(writer);

    /// <summary>Writes a result.</summary>
    /// <param name="result">The result as the API returns it.</param>
    /// <param name="writeText">Writes it for people.</param>
    /// <param name="type">The JSON of the result. Null for that of most results.</param>
    public void Write<T>(T result, Action writeText, JsonTypeInfo<T>? type = null)
    {
        if (isJson) writer.WriteLine(JsonSerializer.Serialize(result, type ?? ControlJson.GetTypeInfo<T>()));
        else writeText();
    }

    /// <summary>Writes a line for people.</summary>
    public void WriteLine(string text) => writer.WriteLine(text);

    /// <summary>Writes a table. A null cell is shown as <c>-</c>.</summary>
    public void WriteTable(string[] headers, IEnumerable<string?[]> rows)
    {
        var table = new Table().NoBorder();
        foreach (var header in headers) table.AddColumn(new TableColumn(new Text(header.ToUpperInvariant(), new Style(decoration: Decoration.Bold))) { Padding = new Padding(0, 0, 2, 0) });
        foreach (var row in rows) table.AddRow(row.Select(cell => new Text(cell ?? "-", GetStyle(cell))));
        _console.Write(table);
    }

    /// <summary>Formats a time of the emulated clock.</summary>
    public static string? Format(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Formats a price given in millionths of a US dollar.</summary>
    public static string FormatUsd(long microUsd) => string.Create(CultureInfo.InvariantCulture, $"${microUsd / 1_000_000m:0.000000}");

    /// <summary>The colours of statuses, as on the dashboard.</summary>
    private static Style GetStyle(string? cell) => new(cell switch
    {
        "ready" => Color.Green,
        "creating" => Color.Yellow,
        "error" or "substrate_down" or "abandoned_orphan" => Color.Red,
        _ => Color.Default,
    });

    private static IAnsiConsole CreateConsole(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        if (output.IsTerminal) return AnsiConsole.Create(new AnsiConsoleSettings { Out = output });
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Ansi = AnsiSupport.No });
        console.Profile.Width = UnlimitedWidth;
        return console;
    }
}
