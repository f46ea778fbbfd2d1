using System.Net;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Egress;

/// <summary>
/// The ports of this machine that are the emulator's own: where it listens itself, and for as long as they are claimed those of its
/// browsers' DevTools and ways out. A page in a session must not reach them, or it could use <c>/_emu</c>, any workspace's sessions, and
/// the browsers of others. Every other port of this machine is the user's, and open to pages.
/// </summary>
internal sealed class EmulatorPorts(IOptions<EgressOptions> options, IServer? server = null)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, int> _claims = [];

    /// <summary>Closes a port to pages until the claim is disposed. The kernel may give a port to its next owner before then: each claim counts.</summary>
    public IDisposable Claim(int port)
    {
        lock (_gate) _claims[port] = _claims.GetValueOrDefault(port) + 1;
        return new Release(this, port);
    }

    /// <summary>Whether a page must not be connected there. To be asked of what a name has resolved to, so that no name leads past it.</summary>
    public bool IsForbidden(IPAddress address, int port) =>
        !options.Value.AllowEmulator && (IsClaimed(port) || IsListening(port)) && IsThisMachine(address);

    private bool IsClaimed(int port)
    {
        lock (_gate) return _claims.ContainsKey(port);
    }

    /// <summary>Asked each time, since the server has its addresses only when it has started, and then takes requests at once.</summary>
    private bool IsListening(int port) =>
        server?.Features.Get<IServerAddressesFeature>()?.Addresses.Any(address => BindingAddress.Parse(address) is { IsUnixPipe: false } bound && bound.Port == port) is true;

    private static bool IsThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        || NetworkInterface.GetAllNetworkInterfaces().Any(network => network.GetIPProperties().UnicastAddresses
            .Any(own => own.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes())));

    private sealed class Release(EmulatorPorts ports, int port) : IDisposable
    {
        private bool _done;

        public void Dispose()
        {
            lock (ports._gate)
            {
                if (_done) return;
                _done = true;
                if (--ports._claims[port] == 0) ports._claims.Remove(port);
            }
        }
    }
}
