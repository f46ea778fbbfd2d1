using System.Net;
using System.Net.Sockets;

namespace ChaserEmu.Tests.Egress;

/// <summary>A small TCP server on loopback. It closes a connection when the connection's script has ended.</summary>
internal sealed class TcpServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly Task _accepting;
    private readonly List<Task> _connections = [];

    private TcpServer(Func<Socket, Task> script, IPAddress address)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener.Bind(new IPEndPoint(address, 0));
        _listener.Listen();
        _accepting = AcceptAsync(script);
    }

    public static TcpServer Start(Func<Socket, Task> script, IPAddress? address = null) => new(script, address ?? IPAddress.Loopback);

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndPoint!;

    public static Task EchoAsync(Socket socket)
    {
        var stream = new NetworkStream(socket);
        return stream.CopyToAsync(stream);
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting.DefaultTimeout();
        await Task.WhenAll(_connections).DefaultTimeout();
    }

    private async Task AcceptAsync(Func<Socket, Task> script)
    {
        while (true)
        {
            try
            {
                _connections.Add(RunAsync(await _listener.AcceptAsync(), script));
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private static async Task RunAsync(Socket socket, Func<Socket, Task> script)
    {
        using (socket)
        {
            try
            {
                await script(socket);
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                // The client disconnected first. The test checks whether that is correct.
            }
        }
    }
}
