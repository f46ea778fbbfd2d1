using ChaserEmu.Settings;

namespace ChaserEmu.Browsers;

/// <summary>Settings under <c>Browsers</c>: which browser runs, and how many.</summary>
internal sealed class BrowserOptions : ISettings
{
    /// <summary>The value of <see cref="Path"/> that disables browsers.</summary>
    public const string None = "none";

    private const long BytesPerBrowser = 200_000_000;

    public static string Section => "Browsers";

    /// <summary>Path of the Chrome or Chromium to run; <c>none</c> disables browsers. Default: an installed browser, preferably a headless shell.</summary>
    public string? Path { get; set; }

    /// <summary>Number of started browsers kept in the warm pool, so that sessions become ready without a cold start. Default: 1.</summary>
    public int Warm { get; set; } = 1;

    /// <summary>Maximum number of running browsers, including warm ones. Sessions above it wait in a queue. Default: one per 200 MB of available memory, at least 4.</summary>
    public int? Max { get; set; }

    /// <summary>Whether Chrome uses its sandbox. Default: <see cref="SandboxMode.Auto"/>.</summary>
    public SandboxMode Sandbox { get; set; }

    /// <summary>Whether frames of other sites run in separate processes. They are separate CDP targets then. Default: true.</summary>
    public bool SiteIsolation { get; set; } = true;

    /// <summary>Timeout of a browser start, in real seconds. Default: 30.</summary>
    public double StartTimeoutSeconds { get; set; } = 30;

    /// <summary>Timeout of a screenshot, in real seconds; a frozen page never responds. Default: 30.</summary>
    public double ScreenshotTimeoutSeconds { get; set; } = 30;

    /// <summary>Additional command-line arguments for the browser. They follow the emulator's own arguments and override them. Default: none.</summary>
    public string[] Arguments { get; set; } = [];

    public bool Disabled => string.Equals(Path, None, StringComparison.OrdinalIgnoreCase);

    public int Capacity => Max ?? (int)Math.Max(4, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesPerBrowser);

    public IEnumerable<string> Validate()
    {
        if (Path is not null && !Disabled && !File.Exists(Path))
            yield return $"Browsers:Path is '{Path}', which does not exist. Set it to the path of a Chrome or Chromium, remove it to use an installed one, or set it to '{None}' to run without browsers.";
        if (Warm < 0) yield return $"Browsers:Warm is {Warm}, but must be 0 or more.";
        if (Max < 1) yield return $"Browsers:Max is {Max}, but must be 1 or more. Remove it to derive the limit from the available memory.";
        if (Max >= 1 && Warm > Max) yield return $"Browsers:Warm is {Warm}, but must not be above Browsers:Max, which is {Max} and includes warm browsers.";
        if (StartTimeoutSeconds is not (> 0 and <= 3600)) yield return $"Browsers:StartTimeoutSeconds is {StartTimeoutSeconds}, but must be above 0 and at most 3600.";
        if (ScreenshotTimeoutSeconds is not (> 0 and <= 3600)) yield return $"Browsers:ScreenshotTimeoutSeconds is {ScreenshotTimeoutSeconds}, but must be above 0 and at most 3600.";
    }
}

/// <summary>Whether Chrome uses its sandbox.</summary>
internal enum SandboxMode
{
    /// <summary>On if the machine supports it. Off for root, and off (with a warning) after Chrome reports that it has no usable sandbox.</summary>
    Auto,
    On,
    Off,
}
