using System.Globalization;
using ChaserEmu.Settings;

namespace ChaserEmu.Sessions;

/// <summary>Settings under <c>Sessions</c>.</summary>
internal sealed class SessionOptions : ISettings
{
    public static string Section => "Sessions";

    /// <summary>Minimum time in <c>creating</c>, in emulated seconds from 0 to 3600: a number, or a range such as <c>15-25</c> for a random value.</summary>
    public string ProvisioningSeconds { get; set; } = "0";

    /// <summary>Idle limit in emulated seconds, 1 to 86400. A session without a CDP connection for that long, since ready or the last disconnect, ends with <c>idle_expired</c>.</summary>
    public double IdleSeconds { get; set; } = 300;

    /// <summary>The <c>proxy_region</c> of every ready session.</summary>
    public string Region { get; set; } = "local";

    public TimeSpan IdleLimit => TimeSpan.FromSeconds(IdleSeconds);

    /// <summary>Returns a delay from the configured range: its start for <paramref name="position"/> 0, its end for 1.</summary>
    public TimeSpan GetProvisioningDelay(double position)
    {
        if (!TryParseRange(ProvisioningSeconds, out var from, out var to)) throw new FormatException(ProvisioningSeconds);
        return TimeSpan.FromSeconds(from + (to - from) * position);
    }

    public IEnumerable<string> Validate()
    {
        if (!TryParseRange(ProvisioningSeconds, out _, out _))
            yield return $"Sessions:ProvisioningSeconds is '{ProvisioningSeconds}', but must be seconds from 0 to 3600, such as 2.5, or a range such as 15-25.";
        if (IdleSeconds is not (>= 1 and <= 86_400)) yield return $"Sessions:IdleSeconds is {IdleSeconds}, but must be from 1 to 86400.";
        if (string.IsNullOrWhiteSpace(Region)) yield return "Sessions:Region is empty. Give any name, such as local.";
    }

    private static bool TryParseRange(string text, out double from, out double to)
    {
        var parts = text.Split('-', 2, StringSplitOptions.TrimEntries);
        to = 0;
        return TryParseSeconds(parts[0], out from) && TryParseSeconds(parts[^1], out to) && from <= to;
    }

    private static bool TryParseSeconds(string text, out double seconds) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out seconds) && seconds is >= 0 and <= 3600;
}
