using ChaserEmu.Settings;

namespace ChaserEmu.Egress;

/// <summary>Settings under <c>Egress</c>: where a session's pages may go.</summary>
internal sealed class EgressOptions : ISettings
{
    public static string Section => "Egress";

    /// <summary>Whether pages in sessions may reach the emulator itself, its browsers' DevTools and their proxies. Default: false.</summary>
    public bool AllowEmulator { get; set; }

    /// <summary>
    /// Where connections of pages go instead of the address of their host: <c>name[:port]=address[:port]</c>, such as
    /// <c>shop.test=127.0.0.1:3000</c> or <c>*.shop.test:443=[::1]:8443</c>. The first matching entry applies. TLS and the <c>Host</c> header
    /// keep the name. Default: none.
    /// </summary>
    public string[] Hosts { get; set; } = [];

    public IEnumerable<string> Validate() =>
        from entry in Hosts
        where !HostMap.IsValid(entry)
        select $"Egress:Hosts contains '{entry}', which is not of the form {HostMap.Form}.";
}
