using ChaserEmu.Settings;

namespace ChaserEmu.Egress;

/// <summary>Settings under <c>Egress</c>: where a session's pages may go.</summary>
internal sealed class EgressOptions : ISettings
{
    public static string Section => "Egress";

    /// <summary>Whether pages in sessions may reach the emulator itself, its browsers' DevTools and their proxies. Default: false.</summary>
    public bool AllowEmulator { get; set; }

    public IEnumerable<string> Validate() => [];
}
