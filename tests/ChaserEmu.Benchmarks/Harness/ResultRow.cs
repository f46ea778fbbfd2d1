using System.Globalization;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>What a figure is to reach, and what it would be good to reach.</summary>
internal sealed record Goal(double Bound, bool IsCeiling, double? Aim = null, bool IsAim = false)
{
    public static Goal AtMost(double bound, double? aim = null) => new(bound, true, aim);

    public static Goal AtLeast(double bound, double? aim = null) => new(bound, false, aim);

    /// <summary>The same, as what would be good to reach.</summary>
    public Goal AsAim() => this with { IsAim = true };

    public bool IsMetBy(double value) => IsCeiling ? value <= Bound : value >= Bound;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(IsAim ? "aim " : "")}{(IsCeiling ? "≤" : "≥")} {Bound:0.##}") + (Aim is { } aim ? string.Create(CultureInfo.InvariantCulture, $" (aim {aim:0.##})") : "");
}

/// <summary>A line of the table: our figure, a peer's, how they stand to one another, and whether that is the goal.</summary>
/// <param name="Name">The scenario's.</param>
/// <param name="Work">What was done.</param>
/// <param name="Ours">Our figure with its unit.</param>
/// <param name="Theirs">The peer and its figure; empty when the goal is no comparison.</param>
/// <param name="Value">What the goal is about: a ratio, or a figure of ours.</param>
/// <param name="Goal">Null when the line is for orientation.</param>
internal sealed record ResultRow(string Name, string Work, string Ours, string Theirs, Percentiles? Value, Goal? Goal)
{
    /// <summary>A comparison of two contenders. Null when the peer is not on this machine.</summary>
    public static ResultRow Compare(string name, string work, MeasuredRounds rounds, string peer, string unit, Goal? goal, string ours = "ChaserEmu") => rounds.HasFigures(peer)
        ? new(name, work, FormatFigure(rounds.GetPercentiles(ours).Median, unit), $"{peer} {FormatFigure(rounds.GetPercentiles(peer).Median, unit)}", rounds.GetRatio(ours, peer), goal)
        : new(name, work, FormatFigure(rounds.GetPercentiles(ours).Median, unit), $"{peer} (not installed)", null, goal);

    public static ResultRow Single(string name, string work, Percentiles value, string unit, Goal? goal) => new(name, work, FormatFigure(value.Median, unit), "", value, goal);

    public static ResultRow Missing(string name, string why) => new(name, $"not measured: {(why.Length > 80 ? why[..80] : why).ReplaceLineEndings(" ")}", "", "", null, null) { IsMissing = true };

    public bool IsMissing { get; private init; }

    public string Ratio => Value is { } value ? $"{Number(value.Median)} [{Number(value.P10)}–{Number(value.P90)}]" : "";

    public string GoalStatus => (Value, Goal) switch
    {
        ({ } value, { } goal) => goal.IsMetBy(value.Median) ? "yes" : "no",
        (null, { }) => "?",
        _ => "",
    };

    public static string FormatFigure(double value, string unit) => $"{Number(value)} {unit}";

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "#,##0" : Math.Abs(value) >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
