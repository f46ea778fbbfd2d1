using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>All rows, with the date and the machine of the measurement.</summary>
internal sealed class ResultTable(IReadOnlyList<ResultRow> rows)
{
    private static readonly string[] Head = ["row", "work", "ours", "peer", "ratio [p10–p90]", "goal", "met"];

    private static string Machine => string.Create(
        CultureInfo.InvariantCulture,
        $"{TimeProvider.System.GetUtcNow():yyyy-MM-dd}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB, {RuntimeInformation.OSDescription}, .NET {Environment.Version}");

    public string ToText()
    {
        var cells = Cells();
        var widths = Head.Select((head, column) => cells.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder().AppendLine(Machine);
        foreach (var row in cells) text.AppendLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        return text.ToString();
    }

    public string ToMarkdown()
    {
        var text = new StringBuilder().AppendLine(Machine).AppendLine();
        foreach (var row in Cells())
        {
            text.AppendLine($"| {string.Join(" | ", row)} |");
            if (row == Head) text.AppendLine($"|{string.Concat(Enumerable.Repeat("---|", Head.Length))}");
        }

        return text.ToString();
    }

    private List<string[]> Cells() => [Head, .. rows.Select(row => new[] { row.Name, row.Work, row.Ours, row.Theirs, row.Ratio, row.Goal?.ToString() ?? "", row.GoalStatus })];
}
