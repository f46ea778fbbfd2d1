using System.Net;
using System.Net.Sockets;
using ChaserEmu.Kernel;

namespace ChaserEmu.Browsers;

/// <summary>
/// Where a browser's DevTools listens, and one connection to it that nobody has asked for yet: to make one takes a turn of the system's
/// and one of the browser's, which a client need not wait for. Where none can be made beforehand, who needs one finds out why.
/// </summary>
/// <param name="address">Of the browser-level WebSocket, <c>ws://127.0.0.1:port/devtools/browser/uuid</c>.</param>
internal sealed class DevToolsPort(Uri address) : IDisposable
{
    /// <summary>The system answers for a browser that is busy, until too many wait.</summary>
    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private Socket? _spare;
    private bool _isPreparing;
    private bool _isClosed;

    public Uri Address => address;

    /// <summary>A connection, for its taker alone. What waits for it goes on at once (see <see cref="InlineCompletions"/>).</summary>
    /// <exception cref="SocketException">Nothing listens there, or there may be no more open files.</exception>
    /// <exception cref="TimeoutException">Too many wait for a browser that takes none of them.</exception>
    public async ValueTask<Socket> ConnectAsync(CancellationToken cancellationToken) => TakeSpare() ?? await DialAsync(cancellationToken);

    /// <summary>Makes a connection beforehand, unless there is one. Does not wait for it.</summary>
    public void Prepare()
    {
        lock (_gate)
        {
            if (_isClosed || _isPreparing || _spare is not null) return;
            _isPreparing = true;
        }

        _ = PrepareAsync();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            _spare?.Dispose();
            _spare = null;
        }
    }

    private async Task PrepareAsync()
    {
        Socket? socket = null;
        try
        {
            socket = await DialAsync(CancellationToken.None);
        }
        catch (Exception fault) when (fault is SocketException or TimeoutException)
        {
            // The browser is on its way out, or files are scarce.
        }

        lock (_gate)
        {
            _isPreparing = false;
            if (_isClosed) socket?.Dispose();
            else _spare = socket;
        }
    }

    private Socket? TakeSpare()
    {
        Socket? spare;
        lock (_gate) (spare, _spare) = (_spare, null);

        // A browser says nothing before it is asked: what there is to read is the connection's end.
        if (spare?.Poll(TimeSpan.Zero, SelectMode.SelectRead) is not true) return spare;
        spare.Dispose();
        return null;
    }

    private async Task<Socket> DialAsync(CancellationToken cancellationToken)
    {
        var end = new IPEndPoint(IPAddress.Parse(address.DnsSafeHost), address.Port);
        var socket = new Socket(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            OpenFiles.ThrowIfGone(socket);
            InlineCompletions.Set(socket, true);
            await socket.ConnectAsync(end, cancellationToken).AsTask().WaitAsync(ConnectPatience, TimeProvider.System, cancellationToken);
            return socket;
        }
        catch
        {
            await InlineCompletions.Leave();
            socket.Dispose();
            throw;
        }
    }
}
