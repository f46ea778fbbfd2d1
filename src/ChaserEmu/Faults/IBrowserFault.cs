namespace ChaserEmu.Faults;

/// <summary>An effect on the browser of a ready session.</summary>
internal interface IBrowserFault : IFault
{
    FaultSite IFault.Site => FaultSite.Browser;

    bool IFault.IsDeferred => true;

    /// <summary>Gets the emulated time after <c>ready_at</c> at which the rule fires.</summary>
    TimeSpan After { get; }

    /// <summary>Returns why the effect is impossible, as the end of a sentence about the browser; null if it is possible.</summary>
    string? GetObstacle(IFaultableBrowser browser) => null;

    void Apply(IFaultableBrowser browser);
}

/// <summary>The browser of a ready session. In test mode there is none; effects on the session apply nevertheless.</summary>
internal interface IFaultableBrowser
{
    /// <summary>Gets whether the browser can be frozen, or there is none.</summary>
    bool CanFreeze { get; }

    /// <summary>Kills the browser, and ends the session as <c>substrate_down</c>.</summary>
    void Crash();

    /// <summary>Freezes the browser until the rule is deleted.</summary>
    void Freeze();
}

/// <summary>Parts that effects on browsers share.</summary>
internal static class BrowserFaultExtensions
{
    extension(DeferredBrowserFault effect)
    {
        public TimeSpan After => TimeSpan.FromSeconds(effect.AfterSeconds);

        public string? ValidateAfter() => FaultValues.ValidateRange("after_seconds", effect.AfterSeconds, 0, FaultValues.MaxEmulatedSeconds);
    }
}
