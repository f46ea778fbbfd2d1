using ChaserEmu.Settings;

namespace ChaserEmu.Gateway;

/// <summary>Whether clients can create browser contexts beside the default one.</summary>
internal enum AdditionalContexts
{
    /// <summary>Creating one fails with a CDP error, as documented: the service does not support further contexts.</summary>
    Refuse,

    /// <summary>Clients can create them.</summary>
    Allow,
}

/// <summary>Settings under <c>Cdp</c>.</summary>
internal sealed class CdpOptions : ISettings
{
    public static string Section => "Cdp";

    /// <summary>
    /// Whether clients can create further browser contexts (Playwright's <c>browser.newContext()</c>): <c>refuse</c>, as the service does, or
    /// <c>allow</c>. Default: <c>refuse</c>.
    /// </summary>
    public AdditionalContexts AdditionalContexts { get; set; } = AdditionalContexts.Refuse;

    public IEnumerable<string> Validate() => [];
}
