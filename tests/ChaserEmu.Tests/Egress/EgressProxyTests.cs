using System.Net;
using System.Net.Sockets;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Tests.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Egress;

public sealed class EgressProxyTests : IAsyncLifetime
{
    private readonly EgressProxy _proxy = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, TestPorts.Unclaimed.CreateConnector(), TestTransport.Current);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    [InlineData("localhost")]
    [InlineData("app.localhost")]
    [InlineData("0.0.0.0")]
    public async Task A_page_is_fetched_by_address_and_by_name(string host)
    {
        await using var server = TcpServer.Start(SendPageAsync, host == "[::1]" ? IPAddress.IPv6Loopback : null);
        _proxy.AllowTraffic();

        // Like Chrome, .NET does not resolve names for a socks5 proxy, so the names reach the proxy unchanged.
        using var handler = new SocketsHttpHandler { Proxy = new WebProxy($"socks5://127.0.0.1:{_proxy.Port}") };
        using var http = new HttpClient(handler);
        Assert.Equal("hello", await http.GetStringAsync($"http://{host}:{server.EndPoint.Port}/"));

        Assert.Equal(Page.Length, _proxy.Meter.Read().Down);
    }

    [Fact]
    public async Task Before_AllowTraffic_every_connection_is_refused_and_nothing_is_counted()
    {
        await using var server = TcpServer.Start(TcpServer.EchoAsync);
        using var early = await SocksClient.ConnectAsync(_proxy.Port);
        Assert.Equal(2, await early.NegotiateAsync(SocksClient.CreateRequest(server.EndPoint)));
        Assert.Empty(await early.ReadToEndAsync());

        _proxy.AllowTraffic();
        using var late = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        Assert.Equal(new ByteCount(0, 0), _proxy.Meter.Read());
    }

    [Theory]
    [InlineData("update.googleapis.com")]
    [InlineData("Update.GoogleAPIs.com.")]
    [InlineData("clients2.google.com")]
    public async Task Vendor_hosts_are_refused_and_never_counted(string host)
    {
        _proxy.AllowTraffic();
        using var client = await SocksClient.ConnectAsync(_proxy.Port);
        Assert.Equal(2, await client.NegotiateAsync(SocksClient.CreateRequest(host, 443)));
        Assert.Equal(new ByteCount(0, 0), _proxy.Meter.Read());
    }

    [Fact]
    public async Task A_closed_port_answers_connection_refused()
    {
        _proxy.AllowTraffic();
        var gone = TcpServer.Start(TcpServer.EchoAsync);
        var port = gone.EndPoint.Port;
        await gone.DisposeAsync();

        using var byAddress = await SocksClient.ConnectAsync(_proxy.Port);
        Assert.Equal(5, await byAddress.NegotiateAsync(SocksClient.CreateRequest(new IPEndPoint(IPAddress.Loopback, port))));
        using var byName = await SocksClient.ConnectAsync(_proxy.Port);
        Assert.Equal(5, await byName.NegotiateAsync(SocksClient.CreateRequest("localhost", port)));
    }

    [Theory]
    [InlineData("no-such-host.invalid")]
    [InlineData("two words")]
    [InlineData("127.0.0.1\0.example")]
    [InlineData("")]
    public async Task An_unresolvable_name_answers_host_unreachable(string name)
    {
        _proxy.AllowTraffic();
        using var client = await SocksClient.ConnectAsync(_proxy.Port);
        Assert.Equal(4, await client.NegotiateAsync(SocksClient.CreateRequest(name, 80)));
    }

    [Fact]
    public async Task Fifty_connections_at_once_each_get_their_own_bytes()
    {
        const int Size = 100_000;
        await using var server = TcpServer.Start(TcpServer.EchoAsync);
        _proxy.AllowTraffic();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async seed =>
        {
            using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
            var sent = new byte[Size];
            new Random(seed).NextBytes(sent);
            var reading = client.ReadToEndAsync();
            await client.Socket.SendAsync(sent);
            client.Socket.Shutdown(SocketShutdown.Send);
            Assert.Equal(sent, await reading);
        }));

        await _proxy.DisposeAsync();
        Assert.Equal(new ByteCount(50 * Size, 50 * Size), _proxy.Meter.Read());
        Assert.Equal(0, _proxy.Meter.OpenConnections);
    }

    [Fact]
    public async Task Disposing_during_a_transfer_closes_all_connections_and_keeps_the_meter()
    {
        await using var server = TcpServer.Start(async socket =>
        {
            var block = new byte[64 * 1024];
            while (true) await socket.SendAsync(block);
        });
        _proxy.AllowTraffic();
        using var reader = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        // This client never reads, so the proxy waits in the middle of a send.
        using var stuck = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        // This client stops in the middle of its handshake.
        using var undecided = await SocksClient.ConnectAsync(_proxy.Port);
        await undecided.Socket.SendAsync(SocksClient.Greeting);
        await undecided.ReadAsync(2);
        await reader.ReadAsync(1_000_000);

        await Task.WhenAll(_proxy.DisposeAsync().AsTask(), _proxy.DisposeAsync().AsTask());
        var final = _proxy.Meter.Read();

        Assert.True(final.Down >= 1_000_000);
        Assert.Equal(0, _proxy.Meter.OpenConnections);
        await Assert.ThrowsAsync<SocketException>(reader.ReadToEndAsync);
        await Assert.ThrowsAsync<SocketException>(() => SocksClient.ConnectAsync(_proxy.Port));
        Assert.Equal(final, _proxy.Meter.Read());
    }

    private static ReadOnlySpan<byte> Page => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"u8;

    private static async Task SendPageAsync(Socket socket)
    {
        await socket.ReceiveAsync(new byte[4096]);
        await socket.SendAsync(Page.ToArray());
    }
}
