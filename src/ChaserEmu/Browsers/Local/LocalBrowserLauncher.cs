using System.Net;
using ChaserEmu.Egress;
using ChaserEmu.Transport;

namespace ChaserEmu.Browsers.Local;

/// <summary>Starts browsers on this machine, each with its own profile folder and its own egress proxy on a loopback port.</summary>
internal sealed class LocalBrowserLauncher(ChromeLauncher launcher, OutboundConnector connector, TransportSwitches transport, ILogger<LocalBrowserLauncher> logger) : IBrowserLauncher
{
    private static readonly IPAddress EgressAddress = IPAddress.Loopback;

    private readonly Lock _lock = new();
    private ProfileFolders? _profiles;

    public string ProxyIp { get; } = EgressAddress.ToString();

    public async Task<IBrowser> StartAsync(Device device, Action onEnded, CancellationToken cancellationToken)
    {
        var profiles = GetProfiles();
        var egress = EgressProxy.Start(EgressAddress, logger, connector, transport);
        return await LocalBrowser.StartAsync(launcher, profiles.Next(), egress, device, onEnded, cancellationToken);
    }

    public void Dispose()
    {
        lock (_lock) _profiles?.Dispose();
    }

    /// <summary>Creates the profile root with the first browser. If that fails, the next start tries again.</summary>
    private ProfileFolders GetProfiles()
    {
        lock (_lock) return _profiles ??= ProfileFolders.Open(logger);
    }
}
