using System.Net;
using System.Net.Sockets;
using ChaserEmu.Platform;

namespace ChaserEmu.Egress;

/// <summary>A connection, or the reason there is none.</summary>
internal readonly record struct ConnectResult(Socket? Socket, SocksReply Reply);

/// <summary>
/// Connects outward. Of a name's addresses each gets a short head start over the next (RFC 8305, much simplified), so that
/// one which swallows packets costs a moment and not the whole connection. An address at
/// which pages must find nobody is not dialled, whatever name led there. Never throws for what a network can do.
/// </summary>
internal static class OutboundConnector
{
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);

    public static async Task<ConnectResult> ConnectAsync(EndPoint destination, EmulatorPorts own, CancellationToken cancel)
    {
        if (destination is IPEndPoint { Address: var address, Port: var port }) return await TryAsync(address, port, own, cancel);

        var name = (DnsEndPoint)destination;
        try
        {
            return await RaceAsync(await ResolveAsync(name.Host, cancel), name.Port, own, cancel);
        }
        catch (Exception fault) when (fault is SocketException or ArgumentException or OperationCanceledException)
        {
            return new(null, SocksReply.HostUnreachable);
        }
    }

    /// <summary>Whether the name is this machine by definition (RFC 6761), which browsers honour and many resolvers do not.</summary>
    private static bool IsLocalhost(string host)
    {
        host = host.TrimEnd('.');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel) =>
        IsLocalhost(host) ? [IPAddress.IPv6Loopback, IPAddress.Loopback] : await Dns.GetHostAddressesAsync(host, cancel);

    private static async Task<ConnectResult> RaceAsync(IPAddress[] addresses, int port, EmulatorPorts own, CancellationToken cancel)
    {
        using var decided = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = new List<Task<ConnectResult>>();
        var worst = SocksReply.HostUnreachable;
        try
        {
            for (var next = 0; next < addresses.Length || running.Count > 0;)
            {
                if (next < addresses.Length) running.Add(TryAsync(addresses[next++], port, own, decided.Token));
                var isLast = next == addresses.Length;
                var first = isLast
                    ? await Task.WhenAny(running)
                    : await Task.WhenAny([.. running, Task.Delay(HeadStart, TimeProvider.System, decided.Token)]);
                if (first is not Task<ConnectResult> ended) continue;

                running.Remove(ended);
                var outcome = await ended;
                if (outcome.Socket is not null) return outcome;
                // A refusal says more than a missing route: somebody is there.
                if (worst != SocksReply.ConnectionRefused) worst = outcome.Reply;
            }
            return new(null, worst);
        }
        finally
        {
            await decided.CancelAsync();
            foreach (var late in running) (await late).Socket?.Dispose();
        }
    }

    private static async Task<ConnectResult> TryAsync(IPAddress address, int port, EmulatorPorts own, CancellationToken cancel)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (own.IsForbidden(address, port)) return new(null, SocksReply.NotAllowed);
        Socket? socket = null;
        try
        {
            socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            FileDescriptorLimit.ThrowIfInReserve(socket);
            await socket.ConnectAsync(new IPEndPoint(address, port), cancel);
            return new(socket, SocksReply.Succeeded);
        }
        catch (OperationCanceledException)
        {
            socket?.Dispose();
            return new(null, SocksReply.HostUnreachable);
        }
        catch (SocketException fault)
        {
            socket?.Dispose();
            return new(null, ToSocksReply(fault.SocketErrorCode));
        }
    }

    internal static SocksReply ToSocksReply(SocketError error) => error switch
    {
        SocketError.ConnectionRefused => SocksReply.ConnectionRefused,
        SocketError.HostUnreachable or SocketError.HostDown or SocketError.TimedOut => SocksReply.HostUnreachable,
        // The last two are how a machine without IPv6 says it.
        SocketError.NetworkUnreachable or SocketError.NetworkDown
            or SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable => SocksReply.NetworkUnreachable,
        _ => SocksReply.GeneralFailure,
    };
}
