using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Tests.Egress;

/// <summary>A SOCKS5 client whose handshake bytes can be sent one at a time.</summary>
internal sealed class SocksClient : IDisposable
{
    public static readonly byte[] Greeting = [5, 1, 0];

    public Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public static async Task<SocksClient> ConnectAsync(int proxyPort)
    {
        var client = new SocksClient();
        await client.Socket.ConnectAsync(IPAddress.Loopback, proxyPort);
        return client;
    }

    /// <summary>Connects to the destination through the proxy, which must succeed.</summary>
    public static async Task<SocksClient> ConnectToAsync(int proxyPort, IPEndPoint destination)
    {
        var client = await ConnectAsync(proxyPort);
        Assert.Equal(0, await client.NegotiateAsync(CreateRequest(destination)));
        return client;
    }

    public static byte[] CreateRequest(IPEndPoint to) =>
        [5, 1, 0, (byte)(to.AddressFamily == AddressFamily.InterNetwork ? 1 : 4), .. to.Address.GetAddressBytes(), .. GetPortBytes(to.Port)];

    public static byte[] CreateRequest(string name, int port) => [5, 1, 0, 3, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), .. GetPortBytes(port)];

    /// <summary>Performs the handshake and returns the reply code.</summary>
    public async Task<byte> NegotiateAsync(byte[] request)
    {
        await Socket.SendAsync(Greeting);
        Assert.Equal([5, 0], await ReadAsync(2));
        await Socket.SendAsync(request);
        return (await ReadAsync(10))[1];
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var have = 0; have < count;)
        {
            var read = await Socket.ReceiveAsync(bytes.AsMemory(have)).DefaultTimeout();
            Assert.NotEqual(0, read);
            have += read;
        }
        return bytes;
    }

    public Task<byte[]> ReadToEndAsync() => ReadToEndAsync(Socket);

    public static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        // A NetworkStream cannot be created on a socket that is shut down for sending.
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await socket.ReceiveAsync(buffer).DefaultTimeout() is var read and > 0) all.Write(buffer, 0, read);
        return all.ToArray();
    }

    public void Dispose() => Socket.Dispose();

    private static byte[] GetPortBytes(int port) => [(byte)(port >> 8), (byte)port];
}
