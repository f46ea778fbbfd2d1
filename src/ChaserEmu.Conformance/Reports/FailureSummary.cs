using System.Text.RegularExpressions;

namespace ChaserEmu.Conformance.Reports;

/// <summary>One thing that is wrong, with the checks that it fails.</summary>
internal sealed record Cause(string Message, IReadOnlyList<Check> Checks);

/// <summary>Groups failures by their message: one missing route fails many checks in the same way, whatever the id, the query or the body of the answer.</summary>
internal static partial class FailureSummary
{
    private const int MaxIds = 3;

    public static IReadOnlyList<Cause> Group(IEnumerable<CheckResult> failures) =>
        [.. failures.GroupBy(failure => Incidental().Replace(failure.Message ?? "", "")).Select(group => new Cause(group.First().Message ?? "", [.. group.Select(failure => failure.Check)]))];

    /// <summary>Prints what is wrong and the totals.</summary>
    public static void Print(ConformanceReport report, TextWriter output)
    {
        Print("What differs from the documentation:", report.Results.Where(result => result.IsViolation), output);
        Print("What differs from an assumption:", report.Results.Where(result => result is { Outcome: Outcome.Failed, IsViolation: false }), output);
        output.WriteLine();
        output.WriteLine(
            $"{report.Count(Outcome.Passed)} passed, {report.Results.Count(result => result.IsViolation)} failed, "
            + $"{report.Results.Count(result => result is { Outcome: Outcome.Failed, IsViolation: false })} differ from an assumption, {report.Count(Outcome.Skipped)} skipped. "
            + string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{report.Duration.TotalSeconds:0} s, {report.Bytes} bytes, about ${report.SpentUsd:0.0000}."));
    }

    [GeneratedRegex(@"(?<=/v1/(?:sessions|keys)/)[^/\s:]+|\?[^\s:]*| with '.*$")]
    private static partial Regex Incidental();

    private static void Print(string heading, IEnumerable<CheckResult> failures, TextWriter output)
    {
        var causes = Group(failures);
        if (causes.Count == 0) return;
        output.WriteLine();
        output.WriteLine(heading);
        foreach (var (message, checks) in causes)
        {
            var more = checks.Count > MaxIds ? $" and {checks.Count - MaxIds} more" : "";
            output.WriteLine($"- {message} [{string.Join(", ", checks.Take(MaxIds).Select(check => check.Id))}{more}; {checks[0].Source}]");
        }
    }
}
