using System.Net;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>
/// Takes the client, scheme and host of a request from <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c>, when it comes from a proxy of
/// <c>Public:TrustedProxies</c>; anybody else's are ignored.
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

    /// <summary>A network in CIDR form, or a single address.</summary>
    public static bool TryParseNetwork(string text, out System.Net.IPNetwork network)
    {
        if (System.Net.IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8);
        return true;
    }
}
