using System.Net;
using System.Net.Sockets;
using ChaserEmu.Faults;
using ChaserEmu.Metering;
using ChaserEmu.Platform;
using ChaserEmu.Transport;

namespace ChaserEmu.Egress;

/// <summary>
/// A SOCKS5 proxy on its own port, through which one browser reaches the network. It counts the bytes of its
/// outbound TCP connections as they pass. SOCKS negotiation, refused connections and failed connections are not counted.
/// </summary>
internal sealed partial class EgressProxy : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AcceptRetryDelay = TimeSpan.FromMilliseconds(100);

    private const int MaxLogged = 100;

    private readonly ILogger _logger;
    private readonly OutboundConnector _connector;
    private readonly TransportSwitches _transport;
    private readonly IDisposable _claim;
    private readonly TimeSpan _handshakeTimeout;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Open connections, plus one for the accept loop. The proxy is finished at zero.
    private int _pending = 1;
    private volatile bool _allowsTraffic;
    private int _hasWarned;
    private volatile EgressFaultInjector? _faultInjector;

    /// <summary>The failures that are logged.</summary>
    private readonly HashSet<(string Destination, EgressCause Cause)> _logged = [];

    private EgressProxy(IPAddress address, ILogger logger, OutboundConnector connector, TransportSwitches transport, TimeSpan handshakeTimeout)
    {
        _logger = logger;
        _connector = connector;
        _transport = transport;
        _handshakeTimeout = handshakeTimeout;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (FileDescriptorLimit.IsNearLimit(_listener, logger))
        {
            _listener.Dispose();
            throw new IOException(FileDescriptorLimit.NearLimitMessage);
        }

        _listener.Bind(new IPEndPoint(address, 0));
        TcpLiveness.EnableKeepAlive(_listener, connector.KeepAlive);
        _listener.Listen();
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _claim = connector.Ports.Claim(Port);
    }

    /// <inheritdoc cref="Start(IPAddress, ILogger, OutboundConnector, TransportSwitches, TimeSpan)"/>
    public static EgressProxy Start(IPAddress address, ILogger logger, OutboundConnector connector, TransportSwitches transport) => Start(address, logger, connector, transport, HandshakeTimeout);

    /// <summary>Starts a proxy on a free port.</summary>
    /// <param name="address">The address of this machine to listen on, which the browser must be able to reach.</param>
    /// <param name="logger">Logs refused and failed connections at Debug.</param>
    /// <param name="connector">Connects to the network. The proxy claims its own port there, so that pages cannot reach it.</param>
    /// <param name="transport">Tells which speed-only code is on.</param>
    /// <param name="handshakeTimeout">The time, in real time, within which a client must send its SOCKS request.</param>
    public static EgressProxy Start(IPAddress address, ILogger logger, OutboundConnector connector, TransportSwitches transport, TimeSpan handshakeTimeout)
    {
        var proxy = new EgressProxy(address, logger, connector, transport, handshakeTimeout);
        _ = proxy.AcceptAsync();
        return proxy;
    }

    /// <summary>Gets the address and port that the browser connects to.</summary>
    public IPEndPoint EndPoint { get; }

    public int Port => EndPoint.Port;

    public ByteMeter Meter { get; } = new();

    /// <summary>Gets or sets the fault rules for new connections. Open connections keep theirs.</summary>
    public EgressFaultInjector? FaultInjector
    {
        get => _faultInjector;
        set => _faultInjector = value;
    }

    /// <summary>Allows connections. Until then the proxy refuses all of them, so that a browser in the warm pool is never billed.</summary>
    public void AllowTraffic() => _allowsTraffic = true;

    /// <summary>Closes every connection. When this returns, no connection is open and the meter is final.</summary>
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

                Interlocked.Increment(ref _pending);
                _ = ServeAsync(client);
            }
            catch (SocketException exception) when (!_stopping.IsCancellationRequested)
            {
                // Usually the process has no free file descriptor for a moment. Retrying at once would only use CPU.
                LogAcceptFailed(Owner, exception);
                await Task.Delay(AcceptRetryDelay, TimeProvider.System, _stopping.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception) when (_stopping.IsCancellationRequested)
            {
            }
        }
        CompleteOne();
    }

    private async Task ServeAsync(Socket client)
    {
        // The accept loop must continue even if the client has already sent its request.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            client.NoDelay = true;
            if (await ConnectAsync(client) is { Network: { } network } connection)
            {
                using var counter = Meter.OpenCounter();
                var relay = new Relay(client, network, counter, _transport, connection.Limiter);
                await relay.RunAsync(_stopping.Token);
                if (relay.IsLimitReached) ReportFailure(connection.Destination!, EgressOutcome.Reset, EgressCause.Fault, connection.Rule);
            }
        }
        catch (Exception exception)
        {
            LogHandshakeFailed(Owner, exception);
        }
        finally
        {
            client.Dispose();
            CompleteOne();
        }
    }

    private async Task<(Socket? Network, EndPoint? Destination, FaultRule? Rule, EgressLimiter? Limiter)> ConnectAsync(Socket client)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        timeout.CancelAfter(_handshakeTimeout);
        var handshake = new SocksHandshake(client);
        if (await handshake.ReadDestinationAsync(timeout.Token) is not { } destination) return default;

        var allowed = IsAllowed(destination);

        // A delay fault may last longer than the handshake timeout.
        timeout.CancelAfter(Timeout.InfiniteTimeSpan);
        var rule = allowed ? _faultInjector?.Take(destination) : null;
        var fault = (IEgressFault?)rule?.Fault;
        if (fault is not null) await fault.DelayConnectAsync(rule!.Removed, _stopping.Token);
        timeout.CancelAfter(ConnectTimeout);
        var result = !allowed ? new(null, SocksReply.NotAllowed)
            : fault is { RefusesConnection: true } ? new(null, SocksReply.ConnectionRefused)
            : await _connector.ConnectAsync(destination, timeout.Token);
        var (network, reply) = result;
        if (network is null) LogRefused(Format(destination), reply, Owner);
        if (network is null && allowed && !_stopping.IsCancellationRequested)
        {
            var isInjected = fault is { RefusesConnection: true };
            ReportFailure(destination, EgressOutcome.NotConnected, isInjected ? EgressCause.Fault : GetCause(result, timeout.IsCancellationRequested), isInjected ? rule : null);
        }

        // Of the allowed destinations, the connector refuses only the emulator's own ports.
        if (allowed && reply == SocksReply.NotAllowed && Interlocked.Exchange(ref _hasWarned, 1) == 0) LogEmulatorPortRefused(Format(destination), Owner);
        try
        {
            await handshake.ReplyAsync(reply, _stopping.Token);
            return (network, destination, rule, fault?.CreateLimiter(rule!.Removed));
        }
        catch
        {
            network?.Dispose();
            throw;
        }
    }

    /// <summary>Gets the session for log lines.</summary>
    private string Owner => _faultInjector?.Session?.ToString() ?? "a warm browser";

    private static EgressCause GetCause(ConnectResult failed, bool isTimeout) => failed switch
    {
        { IsUnknownHost: true } => EgressCause.UnknownHost,
        { Reply: SocksReply.NotAllowed } => EgressCause.EmulatorPort,
        { Reply: SocksReply.ConnectionRefused } => EgressCause.ConnectionRefused,
        _ => isTimeout ? EgressCause.Timeout : EgressCause.Unreachable,
    };

    /// <summary>Reports a failed connection, and logs it unless the same one was logged before: a page can retry without limit.</summary>
    private void ReportFailure(EndPoint destination, EgressOutcome outcome, EgressCause cause, FaultRule? rule)
    {
        _faultInjector?.ReportFailure(destination, outcome, cause, rule);
        lock (_logged)
        {
            if (cause is EgressCause.EmulatorPort || _logged.Count == MaxLogged || !_logged.Add((Format(destination), cause))) return;
        }

        LogFailed(Owner, Format(destination), outcome.ToWire(), cause.ToWire(), rule?.Id);
    }

    private bool IsAllowed(EndPoint destination) => _allowsTraffic && !VendorHosts.Contains(destination);

    /// <summary>Removes the address family, which <see cref="DnsEndPoint"/> writes before the name ("Unspecified/example.com:443").</summary>
    private static string Format(EndPoint destination) => destination.ToString()!.Split('/')[^1];

    private void CompleteOne()
    {
        if (Interlocked.Decrement(ref _pending) == 0) _finished.SetResult();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Refused an egress connection of {Session}: destination={Destination} reply={Reply}")]
    private partial void LogRefused(string destination, SocksReply reply, string session);

    [LoggerMessage(Level = LogLevel.Information, Message = "A page of {Session} could not reach {Destination}: outcome={Outcome} cause={Cause} fault={Fault}")]
    private partial void LogFailed(string session, string destination, string outcome, string cause, string? fault);

    // Logged once per browser, since a page can retry without limit.
    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a connection of a page in {Session} to {Destination}: this port belongs to the emulator. Set Egress:AllowEmulator=true to allow it.")]
    private partial void LogEmulatorPortRefused(string destination, string session);

    [LoggerMessage(Level = LogLevel.Debug, Message = "An egress connection of {Session} ended during its SOCKS handshake")]
    private partial void LogHandshakeFailed(string session, Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Could not accept an egress connection of {Session}; retrying in 100 ms")]
    private partial void LogAcceptFailed(string session, Exception exception);
}
