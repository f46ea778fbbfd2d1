namespace ChaserEmu.Faults;

/// <inheritdoc cref="BrowserCrashFault"/>
internal sealed class BrowserCrash(BrowserCrashFault effect) : IBrowserFault
{
    public TimeSpan After => effect.After;

    public string? Validate() => effect.ValidateAfter();

    public void Apply(IFaultableBrowser browser) => browser.Crash();
}
