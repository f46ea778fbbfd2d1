using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Platform;
using ChaserEmu.Transport;

namespace ChaserEmu.Browsers;

/// <summary>
/// The DevTools endpoint of a browser. Keeps one spare WebSocket to the browser open in advance, so that a client need not wait for the
/// connection and its handshake. If the spare cannot be opened, <see cref="OpenAsync"/> connects and reports the error. Benchmark row
/// tunnel-connect: 0.56 and 0.59 of node http-proxy, 0.76 and 0.78 without the spare (docs/speed.md).
/// </summary>
/// <param name="address">The browser-level WebSocket, <c>ws://127.0.0.1:port/devtools/browser/uuid</c>.</param>
/// <param name="transport">Tells whether spares are opened, and runs the continuations of the sockets.</param>
internal sealed class DevToolsEndpoint(Uri address, TransportSwitches transport) : IDisposable
{
    private const int MaxHeaderBytes = 8 * 1024;

    /// <summary>The kernel accepts connections for a busy browser until its backlog is full; then connecting hangs.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private ConnectedWebSocket? _spare;
    private bool _isOpeningSpare;

    public Uri Address => address;

    /// <summary>Gets whether a spare WebSocket is open.</summary>
    public bool IsPreconnected
    {
        get { lock (_lock) return _spare is not null; }
    }

    /// <summary>Returns an open WebSocket that the caller owns. Continuations of its socket run inline (see <see cref="InlineCompletions"/>).</summary>
    /// <param name="path">The path of the browser (that of <see cref="Address"/>) or of one of its pages.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="SocketException">Nothing listens at the address, or the limit of open files is reached.</exception>
    /// <exception cref="TimeoutException">The browser did not accept the connection within 10 s.</exception>
    /// <exception cref="IOException">The page does not exist, or the browser is exiting.</exception>
    public async ValueTask<ConnectedWebSocket> OpenAsync(string path, CancellationToken cancellationToken) =>
        (path == address.AbsolutePath ? TakeSpare() : null) ?? await ConnectAsync(path, cancellationToken);

    /// <summary>Opens a spare WebSocket in the background, unless there is one or <see cref="TransportPiece.Preconnect"/> is off.</summary>
    public void Preconnect()
    {
        if (!transport.IsOn(TransportPiece.Preconnect)) return;
        lock (_lock)
        {
            if (_closing.IsCancellationRequested || _isOpeningSpare || _spare is not null) return;
            _isOpeningSpare = true;
        }

        _ = OpenSpareAsync();
    }

    public void Dispose()
    {
        _closing.Cancel();
        lock (_lock)
        {
            _spare?.Socket.Dispose();
            _spare = null;
        }
    }

    private async Task OpenSpareAsync()
    {
        ConnectedWebSocket? opened = null;
        try
        {
            opened = await ConnectAsync(address.AbsolutePath, _closing.Token);
        }
        catch (Exception exception) when (exception is SocketException or IOException or TimeoutException or OperationCanceledException)
        {
            // The browser is exiting, or the limit of open files is near. OpenAsync reports the error.
        }

        lock (_lock)
        {
            _isOpeningSpare = false;
            if (_closing.IsCancellationRequested) opened?.Socket.Dispose();
            else _spare = opened;
        }
    }

    private ConnectedWebSocket? TakeSpare()
    {
        ConnectedWebSocket? spare;
        lock (_lock) (spare, _spare) = (_spare, null);

        // The browser sends nothing before the first message of a client, so a readable socket is a closed one.
        if (spare?.Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) is not true) return spare;
        spare.Socket.Dispose();
        return null;
    }

    private async Task<ConnectedWebSocket> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var end = new IPEndPoint(IPAddress.Parse(address.DnsSafeHost), address.Port);
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            FileDescriptorLimit.ThrowIfInReserve(socket);
            transport.InlineCompletions.Set(socket, true);
            await socket.ConnectAsync(end, cancellationToken).AsTask().WaitAsync(ConnectTimeout, TimeProvider.System, cancellationToken);
            await socket.SendAsync(CreateUpgradeRequest(path), cancellationToken);
            return new ConnectedWebSocket(socket, await ReadUpgradeResponseAsync(socket, cancellationToken));
        }
        catch
        {
            await transport.InlineCompletions.SwitchToThreadPool();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Returns the upgrade request. It has no <c>Origin</c>, which Chrome refuses, and no compression, which only costs time on one machine.</summary>
    private byte[] CreateUpgradeRequest(string path) => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\n\r\n");

    /// <summary>Reads the 101 response up to its empty line. Returns the bytes that follow it.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadUpgradeResponseAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxHeaderBytes];
        for (var length = 0; length < buffer.Length;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) throw new EndOfStreamException("The browser has closed the connection.");
            length += read;
            var end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end < 0) continue;
            if (!buffer.AsSpan().StartsWith("HTTP/1.1 101 "u8)) throw new IOException($"The browser refused the WebSocket: {Encoding.Latin1.GetString(buffer, 0, end)}");
            return buffer.AsSpan(end + 4, length - end - 4).ToArray();
        }

        throw new IOException($"The browser sent more than {MaxHeaderBytes} bytes of headers.");
    }
}
