using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Platform;

namespace ChaserEmu.Browsers;

/// <summary>
/// Where a browser's DevTools listens, and one WebSocket to it that nobody has asked for yet: to open one takes several turns of the
/// system's and of the browser's, which a client need not wait for. Where none can be opened beforehand, who needs one finds out why.
/// </summary>
/// <param name="address">Of the browser-level WebSocket, <c>ws://127.0.0.1:port/devtools/browser/uuid</c>.</param>
internal sealed class DevToolsEndpoint(Uri address) : IDisposable
{
    private const int LongestHead = 8 * 1024;

    /// <summary>The system answers for a browser that is busy, until too many wait.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _closing = new();
    private ConnectedWebSocket? _spare;
    private bool _isPreparing;

    public Uri Address => address;

    /// <summary>Whether one is open beforehand, its handshake done.</summary>
    public bool IsPreconnected
    {
        get { lock (_gate) return _spare is not null; }
    }

    /// <summary>An open WebSocket, for its taker alone. What waits for its socket goes on at once (see <see cref="InlineCompletions"/>).</summary>
    /// <param name="path">Of the browser (that of <see cref="Address"/>), or of one of its pages.</param>
    /// <param name="cancellationToken">Nobody waits for it any longer.</param>
    /// <exception cref="SocketException">Nothing listens there, or there may be no more open files.</exception>
    /// <exception cref="TimeoutException">Too many wait for a browser that takes none of them.</exception>
    /// <exception cref="IOException">There is no such page, or the browser is on its way out.</exception>
    public async ValueTask<ConnectedWebSocket> OpenAsync(string path, CancellationToken cancellationToken) =>
        (path == address.AbsolutePath ? TakeSpare() : null) ?? await AskAsync(path, cancellationToken);

    /// <summary>Opens one beforehand, unless there is one. Does not wait for it.</summary>
    public void Preconnect()
    {
        lock (_gate)
        {
            if (_closing.IsCancellationRequested || _isPreparing || _spare is not null) return;
            _isPreparing = true;
        }

        _ = PrepareAsync();
    }

    public void Dispose()
    {
        _closing.Cancel();
        lock (_gate)
        {
            _spare?.Socket.Dispose();
            _spare = null;
        }
    }

    private async Task PrepareAsync()
    {
        ConnectedWebSocket? opened = null;
        try
        {
            opened = await AskAsync(address.AbsolutePath, _closing.Token);
        }
        catch (Exception fault) when (fault is SocketException or IOException or TimeoutException or OperationCanceledException)
        {
            // The browser is on its way out, or files are scarce.
        }

        lock (_gate)
        {
            _isPreparing = false;
            if (_closing.IsCancellationRequested) opened?.Socket.Dispose();
            else _spare = opened;
        }
    }

    private ConnectedWebSocket? TakeSpare()
    {
        ConnectedWebSocket? spare;
        lock (_gate) (spare, _spare) = (_spare, null);

        // A browser says nothing before it is asked: what there is to read is the connection's end.
        if (spare?.Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead) is not true) return spare;
        spare.Socket.Dispose();
        return null;
    }

    private async Task<ConnectedWebSocket> AskAsync(string path, CancellationToken cancellationToken)
    {
        var end = new IPEndPoint(IPAddress.Parse(address.DnsSafeHost), address.Port);
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            FileDescriptorLimit.ThrowIfInReserve(socket);
            InlineCompletions.Set(socket, true);
            await socket.ConnectAsync(end, cancellationToken).AsTask().WaitAsync(ConnectPatience, TimeProvider.System, cancellationToken);
            await socket.SendAsync(Handshake(path), cancellationToken);
            return new ConnectedWebSocket(socket, await ReadHeadAsync(socket, cancellationToken));
        }
        catch
        {
            await InlineCompletions.SwitchToThreadPool();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>No more than it takes: Chrome refuses a foreign <c>Origin</c>, and compression costs far more than it saves on one machine.</summary>
    private byte[] Handshake(string path) => Encoding.ASCII.GetBytes(
        $"GET {path} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        + $"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\n\r\n");

    /// <summary>Reads an agreement to its empty line, and gives what came with it.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadHeadAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestHead];
        for (var length = 0; length < buffer.Length;)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken);
            if (read == 0) throw new EndOfStreamException("The browser has closed the connection.");
            length += read;
            var end = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8);
            if (end < 0) continue;
            if (!buffer.AsSpan().StartsWith("HTTP/1.1 101 "u8)) throw new IOException($"The browser agrees to no WebSocket: {Encoding.Latin1.GetString(buffer, 0, end)}");
            return buffer.AsSpan(end + 4, length - end - 4).ToArray();
        }

        throw new IOException($"The browser answers with more than {LongestHead} bytes of headers.");
    }
}

/// <summary>A WebSocket to a browser whose handshake is done.</summary>
/// <param name="Socket">Its connection.</param>
/// <param name="EarlyBytes">What the browser has said on it already, usually nothing.</param>
internal sealed record ConnectedWebSocket(Socket Socket, ReadOnlyMemory<byte> EarlyBytes);
