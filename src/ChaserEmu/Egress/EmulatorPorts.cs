using System.Net;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Egress;

/// <summary>
/// Knows which ports of this machine belong to the emulator: the ports it listens on, and claimed ports (the DevTools port and
/// the egress proxy of each browser). Pages must not reach them. Otherwise a page could use <c>/_emu</c>, the sessions of any
/// workspace and the browsers of other sessions. Pages may reach all other ports of this machine.
/// </summary>
internal sealed class EmulatorPorts(IOptions<EgressOptions> options, IServer? server = null)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, int> _claims = [];

    /// <summary>
    /// Forbids a port until the claim is disposed. Claims are counted, because the kernel can give a port to its next owner
    /// before the previous claim is disposed.
    /// </summary>
    public IDisposable Claim(int port)
    {
        lock (_lock) _claims[port] = _claims.GetValueOrDefault(port) + 1;
        return new ActiveClaim(this, port);
    }

    /// <summary>Returns whether pages must not connect to this address and port. Check the resolved address, so that no host name bypasses the check.</summary>
    public bool IsForbidden(IPAddress address, int port) =>
        !options.Value.AllowEmulator && (IsClaimed(port) || IsListening(port)) && IsThisMachine(address);

    private bool IsClaimed(int port)
    {
        lock (_lock) return _claims.ContainsKey(port);
    }

    // Not cached: the server has its addresses only after it has started, and it serves requests from that moment.
    private bool IsListening(int port) =>
        server?.Features.Get<IServerAddressesFeature>()?.Addresses.Any(address => BindingAddress.Parse(address) is { IsUnixPipe: false } binding && binding.Port == port) is true;

    private static bool IsThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        || NetworkInterface.GetAllNetworkInterfaces().Any(network => network.GetIPProperties().UnicastAddresses
            .Any(local => local.Address.GetAddressBytes().AsSpan().SequenceEqual(address.GetAddressBytes())));

    private sealed class ActiveClaim(EmulatorPorts ports, int port) : IDisposable
    {
        private bool _isReleased;

        public void Dispose()
        {
            lock (ports._lock)
            {
                if (_isReleased) return;
                _isReleased = true;
                if (--ports._claims[port] == 0) ports._claims.Remove(port);
            }
        }
    }
}
