using System.Globalization;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>The goal of a figure, and optionally a more ambitious aim.</summary>
internal sealed record Goal(double Bound, bool IsCeiling, double? Aim = null, bool IsAim = false)
{
    public static Goal AtMost(double bound, double? aim = null) => new(bound, true, aim);

    public static Goal AtLeast(double bound, double? aim = null) => new(bound, false, aim);

    /// <summary>Returns this goal as an aim: good to reach, but not required.</summary>
    public Goal AsAim() => this with { IsAim = true };

    public bool IsMetBy(double value) => IsCeiling ? value <= Bound : value >= Bound;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(IsAim ? "aim " : "")}{(IsCeiling ? "≤" : "≥")} {Bound:0.##}") + (Aim is { } aim ? string.Create(CultureInfo.InvariantCulture, $" (aim {aim:0.##})") : "");
}

/// <summary>A row of the table: the figures of the emulator and of a peer, their ratio, and whether the goal is met.</summary>
/// <param name="Name">The name of the scenario.</param>
/// <param name="Work">The measured work.</param>
/// <param name="Ours">The emulator's figure with its unit.</param>
/// <param name="Theirs">The peer's name and figure. Empty if the goal is not a comparison.</param>
/// <param name="Value">The value that is compared with the goal: a ratio, or a figure of the emulator.</param>
/// <param name="Goal">The goal. Null if the row is for information only.</param>
internal sealed record ResultRow(string Name, string Work, string Ours, string Theirs, Percentiles? Value, Goal? Goal)
{
    /// <summary>Creates a row that compares two contenders. Without a ratio if the peer is not installed.</summary>
    public static ResultRow Compare(string name, string work, MeasuredRounds rounds, string peer, string unit, Goal? goal, string ours = "ChaserEmu") => rounds.HasFigures(peer)
        ? new(name, work, FormatFigure(rounds.GetPercentiles(ours).Median, unit), $"{peer} {FormatFigure(rounds.GetPercentiles(peer).Median, unit)}", rounds.GetRatio(ours, peer), goal)
        : new(name, work, FormatFigure(rounds.GetPercentiles(ours).Median, unit), $"{peer} (not installed)", null, goal);

    public static ResultRow Single(string name, string work, Percentiles value, string unit, Goal? goal) => new(name, work, FormatFigure(value.Median, unit), "", value, goal);

    public static ResultRow Missing(string name, string reason) => new(name, $"not measured: {(reason.Length > 80 ? reason[..80] : reason).ReplaceLineEndings(" ")}", "", "", null, null) { IsMissing = true };

    public bool IsMissing { get; private init; }

    public string Ratio => Value is { } value ? $"{FormatNumber(value.Median)} [{FormatNumber(value.P10)}–{FormatNumber(value.P90)}]" : "";

    public string GoalStatus => (Value, Goal) switch
    {
        ({ } value, { } goal) => goal.IsMetBy(value.Median) ? "yes" : "no",
        (null, { }) => "?",
        _ => "",
    };

    public static string FormatFigure(double value, string unit) => $"{FormatNumber(value)} {unit}";

    private static string FormatNumber(double value) => value.ToString(Math.Abs(value) >= 100 ? "#,##0" : Math.Abs(value) >= 10 ? "0.0" : "0.00", CultureInfo.InvariantCulture);
}
