using System.Globalization;
using System.Text.RegularExpressions;

namespace ChaserEmu.Commands;

/// <summary>Parses durations such as <c>30m</c>, <c>1h30m</c>, <c>500ms</c> and <c>90</c> (seconds).</summary>
internal static partial class DurationParser
{
    public const string Format = "a duration such as 90s, 30m, 1h30m, 2d or 500ms; a number alone is seconds";

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)) return TryAdd(ref duration, seconds, "s");
        if (!Parts().IsMatch(text)) return false;
        foreach (Match part in Part().Matches(text))
        {
            if (!TryAdd(ref duration, double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture), part.Groups[2].Value)) return false;
        }

        return true;
    }

    private static bool TryAdd(ref TimeSpan duration, double value, string unit)
    {
        var seconds = value * unit switch { "d" => 86_400, "h" => 3_600, "m" => 60, "s" => 1, _ => 0.001 };
        if (seconds > TimeSpan.MaxValue.TotalSeconds / 4) return false;
        duration += TimeSpan.FromSeconds(seconds);
        return true;
    }

    [GeneratedRegex("^([0-9]+(\\.[0-9]+)?(ms|d|h|m|s))+$")]
    private static partial Regex Parts();

    [GeneratedRegex("([0-9]+(?:\\.[0-9]+)?)(ms|d|h|m|s)")]
    private static partial Regex Part();
}
