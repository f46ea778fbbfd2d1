using System.Net;
using System.Net.Sockets;
using ChaserEmu.Faults;
using ChaserEmu.Metering;
using ChaserEmu.Platform;

namespace ChaserEmu.Egress;

/// <summary>
/// The way out of one browser: a SOCKS5 proxy on a loopback port of its own that carries and counts whatever the browser
/// sends. Counted are the bytes of the outward TCP connections, live; the negotiation with the proxy, refused and failed
/// connections cost nothing.
/// </summary>
internal sealed partial class EgressProxy : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PauseAfterFailedAccept = TimeSpan.FromMilliseconds(100);

    private readonly ILogger _logger;
    private readonly EmulatorPorts _own;
    private readonly IDisposable _claim;
    private readonly TimeSpan _handshakeLimit;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // What must end before the proxy is finished: every connection, and the accepting itself.
    private int _running = 1;
    private volatile bool _open;
    private int _warned;
    private volatile EgressFaultInjector? _faults;

    private EgressProxy(ILogger logger, EmulatorPorts own, TimeSpan handshakeLimit)
    {
        _logger = logger;
        _own = own;
        _handshakeLimit = handshakeLimit;
        if (FileDescriptorLimit.IsNearLimit(_listener, logger))
        {
            _listener.Dispose();
            throw new IOException(FileDescriptorLimit.NearLimitMessage);
        }

        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _claim = own.Claim(Port);
    }

    public static EgressProxy Start(ILogger logger, EmulatorPorts own) => Start(logger, own, HandshakeLimit);

    /// <param name="logger">Told of refusals and failures, at Debug.</param>
    /// <param name="own">Where pages must not go, and where the proxy's own port is claimed.</param>
    /// <param name="handshakeLimit">How long, in real time, a client may take to say where it wants to go.</param>
    public static EgressProxy Start(ILogger logger, EmulatorPorts own, TimeSpan handshakeLimit)
    {
        var proxy = new EgressProxy(logger, own, handshakeLimit);
        _ = proxy.AcceptAsync();
        return proxy;
    }

    /// <summary>The loopback port on which the browser reaches the proxy.</summary>
    public int Port { get; }

    public ByteMeter Meter { get; } = new();

    /// <summary>What is to go wrong with connections that are made from now on.</summary>
    public EgressFaultInjector? FaultInjector
    {
        get => _faults;
        set => _faults = value;
    }

    /// <summary>Lets traffic through. Until then every connection is refused, so that a browser waiting in the pool costs nobody anything.</summary>
    public void AllowTraffic() => _open = true;

    /// <summary>Drops every connection. When it has completed nothing is left of them and the meter is final.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        _claim.Dispose();
        await _finished.Task;
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptAsync(_stopping.Token);
                if (FileDescriptorLimit.IsNearLimit(client, _logger))
                {
                    client.Dispose();
                    continue;
                }

                Interlocked.Increment(ref _running);
                _ = ServeAsync(client);
            }
            catch (SocketException fault) when (!_stopping.IsCancellationRequested)
            {
                // Most likely out of file descriptors, which passes; asking again at once would only burn a core.
                LogAcceptFailed(fault);
                await Task.Delay(PauseAfterFailedAccept, TimeProvider.System, _stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
            }
        }
        Leave();
    }

    private async Task ServeAsync(Socket client)
    {
        // Back to the accepting at once, whatever the client has sent already.
        await InlineCompletions.SwitchToThreadPool();
        try
        {
            client.NoDelay = true;
            if (await ConnectAsync(client) is { Network: { } network, Fault: var fault })
            {
                using var counter = Meter.OpenCounter();
                await new Relay(client, network, counter, fault is null ? null : new EgressFaultLimiter(fault)).RunAsync(_stopping.Token);
            }
        }
        catch (Exception fault)
        {
            LogHandshakeFailed(fault);
        }
        finally
        {
            client.Dispose();
            Leave();
        }
    }

    private async Task<(Socket? Network, FaultRule? Fault)> ConnectAsync(Socket client)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        limit.CancelAfter(_handshakeLimit);
        var handshake = new SocksHandshake(client);
        if (await handshake.ReadDestinationAsync(limit.Token) is not { } destination) return default;

        var allowed = IsAllowed(destination);
        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        var fault = allowed ? _faults?.Take(destination) : null;
        if (fault is not null) await EgressFaultInjector.DelayConnectAsync(fault, _stopping.Token);
        limit.CancelAfter(ConnectLimit);
        var (network, reply) = !allowed ? new(null, SocksReply.NotAllowed)
            : fault?.Effect is EgressRefuseFault ? new(null, SocksReply.ConnectionRefused)
            : await OutboundConnector.ConnectAsync(destination, _own, limit.Token);
        if (network is null) LogRefused(destination, reply);
        if (allowed && reply == SocksReply.NotAllowed && Interlocked.Exchange(ref _warned, 1) == 0) LogOwnPort(Name(destination));
        try
        {
            await handshake.ReplyAsync(reply, _stopping.Token);
            return (network, fault);
        }
        catch
        {
            network?.Dispose();
            throw;
        }
    }

    private bool IsAllowed(EndPoint destination) => _open && !VendorHosts.Contains(destination);

    /// <summary>Without the address family, which .NET puts before a name and a slash.</summary>
    private static string Name(EndPoint destination) => destination.ToString()!.Split('/')[^1];

    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) == 0) _finished.SetResult();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Egress to {Destination} refused: {Reply}")]
    private partial void LogRefused(EndPoint destination, SocksReply reply);

    /// <summary>Once a browser: a page may ask as often as it likes.</summary>
    [LoggerMessage(Level = LogLevel.Warning, Message = "A page in a session asked for {Destination}, which is the emulator's own, and was refused. Egress:AllowEmulator=true lets pages go there.")]
    private partial void LogOwnPort(string destination);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Egress client left or was dropped before it was connected")]
    private partial void LogHandshakeFailed(Exception fault);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Egress could not accept a connection")]
    private partial void LogAcceptFailed(Exception fault);
}
