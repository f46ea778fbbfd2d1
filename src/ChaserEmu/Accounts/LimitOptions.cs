using ChaserEmu.Settings;

namespace ChaserEmu.Accounts;

/// <summary>Settings under <c>Limits</c>; 0 means unlimited.</summary>
internal sealed class LimitOptions : ISettings
{
    public static string Section => "Limits";

    /// <summary>Maximum number of open sessions per workspace; 0 means unlimited. Above it, creations return 429 <c>concurrency_limit</c>.</summary>
    public int Concurrent { get; set; } = 10;

    /// <summary>Maximum number of sessions created per workspace in any minute of emulated time; 0 means unlimited. Above it, creations return 429 <c>rate_limited</c>.</summary>
    public int CreatesPerMinute { get; set; } = 20;

    /// <summary>Maximum number of screenshots per session in any minute of emulated time; 0 means unlimited.</summary>
    public int ScreenshotsPerMinute { get; set; } = 60;

    /// <summary>Maximum number of preview tokens per session in any minute of emulated time; 0 means unlimited.</summary>
    public int PreviewTokensPerMinute { get; set; } = 10;

    public IEnumerable<string> Validate()
    {
        if (Concurrent < 0) yield return $"Limits:Concurrent is {Concurrent}, but must be 0 (no limit) or more.";
        if (CreatesPerMinute < 0) yield return $"Limits:CreatesPerMinute is {CreatesPerMinute}, but must be 0 (no limit) or more.";
        if (ScreenshotsPerMinute < 0) yield return $"Limits:ScreenshotsPerMinute is {ScreenshotsPerMinute}, but must be 0 (no limit) or more.";
        if (PreviewTokensPerMinute < 0) yield return $"Limits:PreviewTokensPerMinute is {PreviewTokensPerMinute}, but must be 0 (no limit) or more.";
    }
}

/// <summary>Settings under <c>Billing</c>.</summary>
internal sealed class BillingOptions : ISettings
{
    public static string Section => "Billing";

    /// <summary>Free credit of a new workspace, in bytes.</summary>
    public long FreeBytes { get; set; } = 100_000_000;

    public IEnumerable<string> Validate()
    {
        if (FreeBytes < 0) yield return $"Billing:FreeBytes is {FreeBytes}, but must be 0 or more.";
    }
}
