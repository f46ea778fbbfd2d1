using ChaserEmu.Settings;

namespace ChaserEmu.Browsers;

/// <summary>Settings under <c>Browsers</c>: which browser runs, and how many of them.</summary>
internal sealed class BrowserOptions : ISettings
{
    /// <summary>The value of <see cref="Path"/> that runs no browser at all.</summary>
    public const string None = "none";

    private const long BytesPerBrowser = 200_000_000;

    public static string Section => "Browsers";

    /// <summary>The Chrome or Chromium to run. Default: one found on the machine, a headless shell preferred. <c>none</c> runs no browser at all.</summary>
    public string? Path { get; set; }

    /// <summary>Browsers kept ready, so that a session need not wait for a start. Default: 1.</summary>
    public int Warm { get; set; } = 1;

    /// <summary>Browsers alive at once, warm ones included; sessions above it wait. Default: one for each 200 MB of the memory we may use, at least 4.</summary>
    public int? Max { get; set; }

    /// <summary>Chrome's sandbox. Default: <see cref="SandboxMode.Auto"/>.</summary>
    public SandboxMode Sandbox { get; set; }

    /// <summary>Seconds that a browser may take to answer before its start counts as failed. Default: 30.</summary>
    public double StartTimeoutSeconds { get; set; } = 30;

    /// <summary>Seconds that a page may take for a screenshot, in real time; a frozen one takes forever. Default: 30.</summary>
    public double ScreenshotTimeoutSeconds { get; set; } = 30;

    /// <summary>Further command-line arguments for the browser, after (so above) our own. Default: none.</summary>
    public string[] Arguments { get; set; } = [];

    public bool Disabled => string.Equals(Path, None, StringComparison.OrdinalIgnoreCase);

    public int Capacity => Max ?? (int)Math.Max(4, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerBrowser);

    public IEnumerable<string> Validate()
    {
        if (Path is not null && !Disabled && !File.Exists(Path))
            yield return $"Browsers:Path is '{Path}', which does not exist. Give the path of a Chrome or Chromium, leave it out to have one found, or say '{None}' to run without browsers.";
        if (Warm < 0) yield return $"Browsers:Warm is {Warm}, but must be 0 or more.";
        if (Max < 1) yield return $"Browsers:Max is {Max}, but must be 1 or more. Leave it out to have it follow from the memory.";
        if (Max >= 1 && Warm > Max) yield return $"Browsers:Warm is {Warm}, but must not be above Browsers:Max, which is {Max} and counts the warm ones.";
        if (StartTimeoutSeconds is not (> 0 and <= 3600)) yield return $"Browsers:StartTimeoutSeconds is {StartTimeoutSeconds}, but must be above 0 and at most 3600.";
        if (ScreenshotTimeoutSeconds is not (> 0 and <= 3600)) yield return $"Browsers:ScreenshotTimeoutSeconds is {ScreenshotTimeoutSeconds}, but must be above 0 and at most 3600.";
    }
}

internal enum SandboxMode
{
    /// <summary>On where the machine allows it: off for root, and off with a warning after Chrome has said that it has none.</summary>
    Auto,
    On,
    Off,
}
