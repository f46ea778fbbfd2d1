namespace ChaserEmu.Faults;

/// <inheritdoc cref="BrowserFreezeFault"/>
internal sealed class BrowserFreeze(BrowserFreezeFault effect) : IBrowserFault
{
    public TimeSpan After => effect.After;

    public string? Validate() => effect.ValidateAfter();

    public string? GetObstacle(IFaultableBrowser browser) => browser.CanFreeze ? null : "cannot be frozen";

    public void Apply(IFaultableBrowser browser) => browser.Freeze();
}
