using Microsoft.Extensions.Options;

namespace ChaserEmu.Browsers;

/// <summary>Which browser runs, and how many of them. Bound from the section <c>Browsers</c>.</summary>
internal sealed class BrowserOptions
{
    public const string Section = "Browsers";

    /// <summary>The value of <see cref="Path"/> that runs no browser at all.</summary>
    public const string None = "none";

    private const long BytesPerBrowser = 200_000_000;

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
}

internal enum SandboxMode
{
    /// <summary>On where the machine allows it: off for root, and off with a warning after Chrome has said that it has none.</summary>
    Auto,
    On,
    Off,
}

/// <summary>Names every fault of the section at once, each by the key that a user would set.</summary>
internal sealed class BrowserOptionsValidation : IValidateOptions<BrowserOptions>
{
    public ValidateOptionsResult Validate(string? name, BrowserOptions options)
    {
        var faults = new List<string>();
        if (options is { Path: { } path, Disabled: false } && !File.Exists(path))
            faults.Add($"Browsers:Path: '{path}' does not exist. Give the path of a Chrome or Chromium, leave it out to have one found, or say '{BrowserOptions.None}' to run without browsers.");
        if (options.Warm < 0)
            faults.Add($"Browsers:Warm: {options.Warm} is below 0.");
        if (options.Max < 1)
            faults.Add($"Browsers:Max: {options.Max} is below 1. Leave it out to have it follow from the memory.");
        if (options.Max >= 1 && options.Warm > options.Max)
            faults.Add($"Browsers:Warm: {options.Warm} is above Browsers:Max, which is {options.Max} and counts the warm ones.");
        if (options.StartTimeoutSeconds is not (> 0 and <= 3600))
            faults.Add($"Browsers:StartTimeoutSeconds: {options.StartTimeoutSeconds} is not between 0 and 3600.");
        if (options.ScreenshotTimeoutSeconds is not (> 0 and <= 3600))
            faults.Add($"Browsers:ScreenshotTimeoutSeconds: {options.ScreenshotTimeoutSeconds} is not between 0 and 3600.");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
