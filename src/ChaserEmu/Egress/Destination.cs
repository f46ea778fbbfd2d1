using System.Net;

namespace ChaserEmu.Egress;

internal static class Destination
{
    /// <summary>Returns the host name or address, as the page wrote it, and the port of what a page connects to.</summary>
    /// <exception cref="ArgumentException">The destination is neither a name nor an IP address; SOCKS has no others.</exception>
    public static (string Host, int Port) Split(this EndPoint destination) => destination switch
    {
        DnsEndPoint name => (name.Host, name.Port),
        IPEndPoint address => (address.Address.ToString(), address.Port),
        _ => throw new ArgumentException($"{destination} is neither a name nor an address.", nameof(destination)),
    };
}
