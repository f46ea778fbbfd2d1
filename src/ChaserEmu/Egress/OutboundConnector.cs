using System.Net;
using System.Net.Sockets;
using ChaserEmu.Platform;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Egress;

/// <summary>The result of a connection attempt: a connected socket, or null and the SOCKS reply that tells why.</summary>
/// <param name="Socket">The connected socket.</param>
/// <param name="Reply">The reply for the browser.</param>
internal readonly record struct ConnectResult(Socket? Socket, SocksReply Reply)
{
    /// <summary>Gets whether the name could not be resolved. SOCKS has no reply for that.</summary>
    public bool IsUnknownHost { get; init; }
}

/// <summary>
/// Connects to a destination on the network. The addresses of a name are tried with a delay of 250 ms between them (RFC 8305,
/// much simplified), so that an address which does not answer delays the connection only a little. Forbidden addresses are
/// not tried, whatever name resolves to them. Network errors are returned and not thrown.
/// </summary>
internal sealed class OutboundConnector(EmulatorPorts ports, IOptions<EgressOptions> egress, IOptions<NetworkOptions> network)
{
    private static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    private readonly HostMap _hosts = new(egress.Value.Hosts);

    /// <summary>Gets the ports that are not connected to.</summary>
    public EmulatorPorts Ports => ports;

    /// <summary>Gets how long a peer can be silent, in real time; null for no limit.</summary>
    public TimeSpan? KeepAlive => network.Value.KeepAlive;

    /// <summary>Connects to a destination, or to the address that <c>Egress:Hosts</c> gives for it.</summary>
    public async Task<ConnectResult> ConnectAsync(EndPoint destination, CancellationToken cancel)
    {
        destination = _hosts.Map(destination);
        if (destination is IPEndPoint { Address: var address, Port: var port }) return await TryAsync(address, port, cancel);

        var name = (DnsEndPoint)destination;
        IPAddress[] addresses;
        try
        {
            addresses = await ResolveAsync(name.Host, cancel);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or OperationCanceledException)
        {
            return new(null, SocksReply.HostUnreachable) { IsUnknownHost = exception is not OperationCanceledException };
        }

        try
        {
            return await RaceAsync(addresses, name.Port, cancel);
        }
        catch (Exception exception) when (exception is SocketException or ArgumentException or OperationCanceledException)
        {
            return new(null, SocksReply.HostUnreachable);
        }
    }

    /// <summary>Returns whether the name always means this machine (RFC 6761, section 6.3). Browsers follow this rule, many resolvers do not.</summary>
    private static bool IsLocalhost(string host)
    {
        host = host.TrimEnd('.');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel) =>
        IsLocalhost(host) ? [IPAddress.IPv6Loopback, IPAddress.Loopback] : await Dns.GetHostAddressesAsync(host, cancel);

    private async Task<ConnectResult> RaceAsync(IPAddress[] addresses, int port, CancellationToken cancel)
    {
        using var stopOthers = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var attempts = new List<Task<ConnectResult>>();
        var failure = SocksReply.HostUnreachable;
        try
        {
            for (var next = 0; next < addresses.Length || attempts.Count > 0;)
            {
                if (next < addresses.Length) attempts.Add(TryAsync(addresses[next++], port, stopOthers.Token));
                var isLastAddress = next == addresses.Length;
                var completed = isLastAddress
                    ? await Task.WhenAny(attempts)
                    : await Task.WhenAny([.. attempts, Task.Delay(AttemptDelay, TimeProvider.System, stopOthers.Token)]);
                if (completed is not Task<ConnectResult> attempt) continue;

                attempts.Remove(attempt);
                var result = await attempt;
                if (result.Socket is not null) return result;
                // "Connection refused" is the most useful reply: the host exists. Other failures do not replace it.
                if (failure != SocksReply.ConnectionRefused) failure = result.Reply;
            }
            return new(null, failure);
        }
        finally
        {
            await stopOthers.CancelAsync();
            foreach (var pending in attempts) (await pending).Socket?.Dispose();
        }
    }

    private async Task<ConnectResult> TryAsync(IPAddress address, int port, CancellationToken cancel)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (ports.IsForbidden(address, port)) return new(null, SocksReply.NotAllowed);
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            FileDescriptorLimit.ThrowIfInReserve(socket);
            TcpLiveness.EnableKeepAlive(socket, KeepAlive);
            await socket.ConnectAsync(new IPEndPoint(address, port), cancel);
            return new(socket, SocksReply.Succeeded);
        }
        catch (OperationCanceledException)
        {
            socket?.Dispose();
            return new(null, SocksReply.HostUnreachable);
        }
        catch (SocketException exception)
        {
            socket?.Dispose();
            return new(null, ToSocksReply(exception.SocketErrorCode));
        }
    }

    internal static SocksReply ToSocksReply(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => SocksReply.ConnectionRefused,
        SocketError.HostUnreachable or SocketError.HostDown or SocketError.TimedOut => SocksReply.HostUnreachable,
        // A machine without IPv6 reports one of the last two.
        SocketError.NetworkUnreachable or SocketError.NetworkDown
            or SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable => SocksReply.NetworkUnreachable,
        _ => SocksReply.GeneralFailure,
    };
}
