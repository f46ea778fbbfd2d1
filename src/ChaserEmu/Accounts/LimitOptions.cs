using ChaserEmu.Settings;

namespace ChaserEmu.Accounts;

/// <summary>Settings under <c>Limits</c>; 0 is no limit.</summary>
internal sealed class LimitOptions : ISettings
{
    public static string Section => "Limits";

    /// <summary>Sessions that a workspace may have open at once.</summary>
    public int Concurrent { get; set; } = 10;

    /// <summary>Sessions that a workspace may create in any minute.</summary>
    public int CreatesPerMinute { get; set; } = 20;

    /// <summary>Screenshots that may be taken of one session in any minute.</summary>
    public int ScreenshotsPerMinute { get; set; } = 60;

    /// <summary>Preview tokens that may be made for one session in any minute.</summary>
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

    /// <summary>Bytes that a new workspace may use free of charge.</summary>
    public long FreeBytes { get; set; } = 100_000_000;

    public IEnumerable<string> Validate()
    {
        if (FreeBytes < 0) yield return $"Billing:FreeBytes is {FreeBytes}, but must be 0 or more.";
    }
}
