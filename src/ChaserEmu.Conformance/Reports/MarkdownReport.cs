using System.Globalization;
using System.Text;

namespace ChaserEmu.Conformance.Reports;

/// <summary>Writes the results as Markdown: first what is wrong, on one page, then all checks.</summary>
internal static class MarkdownReport
{
    public static string Write(ConformanceReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Conformance of {report.BaseUrl}\n\n");
        text.Append(report.IsConformant ? "No documented check failed.\n\n" : "**Documented checks failed.**\n\n");
        text.Append("| | passed | failed | skipped |\n|---|---|---|---|\n");
        foreach (var basis in Enum.GetValues<Basis>())
        {
            var results = report.Results.Where(result => result.Check.Basis == basis).ToList();
            text.Append(CultureInfo.InvariantCulture, $"| {basis.ToString().ToLowerInvariant()} | {Count(results, Outcome.Passed)} | {Count(results, Outcome.Failed)} | {Count(results, Outcome.Skipped)} |\n");
        }

        AppendFailures(text, "What differs from the documentation", report.Results.Where(result => result.IsViolation));
        AppendFailures(text, "What differs from an assumption", report.Results.Where(result => result is { Outcome: Outcome.Failed, IsViolation: false }));
        AppendAll(text, report.Results);
        return text.ToString();
    }

    private static int Count(IEnumerable<CheckResult> results, Outcome outcome) => results.Count(result => result.Outcome == outcome);

    /// <summary>Checks that fail for the same reason share one row.</summary>
    private static void AppendFailures(StringBuilder text, string heading, IEnumerable<CheckResult> failures)
    {
        var causes = FailureSummary.Group(failures);
        if (causes.Count == 0) return;
        text.Append(CultureInfo.InvariantCulture, $"\n## {heading}\n\n| what is wrong | checks | documented in |\n|---|---|---|\n");
        foreach (var cause in causes) text.Append(CultureInfo.InvariantCulture, $"| {Escape(cause.Message)} | {string.Join(", ", cause.Checks.Select(check => $"`{check.Id}`"))} | {cause.Checks[0].Source} |\n");
    }

    private static void AppendAll(StringBuilder text, IEnumerable<CheckResult> results)
    {
        text.Append("\n## All checks\n\n| check | rule | documented in | basis | result |\n|---|---|---|---|---|\n");
        foreach (var (check, outcome, message, _) in results)
        {
            var result = outcome.ToString().ToLowerInvariant() + (outcome is Outcome.Skipped ? $": {message}" : "");
            text.Append(CultureInfo.InvariantCulture, $"| `{check.Id}` | {Escape(check.Title)} | {check.Source} | {check.Basis.ToString().ToLowerInvariant()} | {Escape(result)} |\n");
        }
    }

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ").Replace("<", "&lt;", StringComparison.Ordinal);
}
