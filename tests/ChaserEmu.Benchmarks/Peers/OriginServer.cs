using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ChaserEmu.Benchmarks.Harness;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>A web server that answers <c>GET /n</c> with n bytes, as fast as possible.</summary>
internal static class OriginServer
{
    private static readonly byte[] Bytes = new byte[256 * 1024];

    public static int Start(ScenarioContext context)
    {
        var port = 0;
        context.DisposeAtEnd(new ServerProcess(Environment.ProcessPath!, ["origin"], context.Folder, line => Volatile.Write(ref port, int.Parse(line, CultureInfo.InvariantCulture))))
            .WaitFor(() => Volatile.Read(ref port) != 0, "printing its port");
        return port;
    }

    public static int Run()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
        while (true)
        {
            var client = listener.Accept();
            new Thread(() => Serve(client)) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket client)
    {
        using var _ = client;
        client.NoDelay = true;
        var request = new byte[4096];
        try
        {
            // Each request arrives in one segment, because only RawHttpClient sends requests here.
            while (client.Receive(request) is var read and > 0)
            {
                var length = long.Parse(Encoding.ASCII.GetString(request, 0, read).Split(' ')[1].AsSpan(1), CultureInfo.InvariantCulture);
                var head = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
                if (length <= 2048) Send(client, [.. head, .. Bytes.AsSpan(0, (int)length)]);
                else
                {
                    Send(client, head);
                    for (var left = length; left > 0; left -= Bytes.Length) Send(client, Bytes.AsSpan(0, (int)Math.Min(left, Bytes.Length)));
                }
            }
        }
        catch (SocketException)
        {
            // The client has disconnected.
        }
    }

    private static void Send(Socket client, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[client.Send(bytes)..];
    }
}
