using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>
/// Reads client address, scheme and host from <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> if the request comes from one of
/// <c>Public:TrustedProxies</c>. The headers of other clients are ignored.
/// </summary>
internal sealed class ForwardedHeadersSetup(IOptions<PublicOptions> options) : IConfigureOptions<ForwardedHeadersOptions>
{
    public void Configure(ForwardedHeadersOptions headers)
    {
        if (options.Value.TrustedProxies.Length == 0) return;
        headers.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost;
        headers.ForwardLimit = null;
        headers.KnownProxies.Clear();
        headers.KnownIPNetworks.Clear();
        foreach (var proxy in options.Value.TrustedProxies)
        {
            if (TryParseNetwork(proxy, out var network)) headers.KnownIPNetworks.Add(network);
        }
    }

    /// <summary>Parses a network in CIDR notation, or a single IP address.</summary>
    public static bool TryParseNetwork(string text, out System.Net.IPNetwork network)
    {
        if (System.Net.IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
    }
}
