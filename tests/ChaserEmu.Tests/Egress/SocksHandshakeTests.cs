using System.Net;
using System.Net.Sockets;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Tests.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Egress;

public sealed class SocksHandshakeTests : IAsyncLifetime
{
    private readonly EgressProxy _proxy = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, TestPorts.Unclaimed.CreateConnector(), TestTransport.Current);
    private readonly TcpServer _echo = TcpServer.Start(TcpServer.EchoAsync);

    public Task InitializeAsync()
    {
        _proxy.AllowTraffic();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _echo.DisposeAsync();
    }

    [Fact]
    public async Task A_handshake_may_arrive_one_byte_at_a_time()
    {
        using var client = await SocksClient.ConnectAsync(_proxy.Port);
        await SendByteByByteAsync(client, SocksClient.Greeting);
        Assert.Equal([5, 0], await client.ReadAsync(2));
        await SendByteByByteAsync(client, SocksClient.CreateRequest("localhost", _echo.EndPoint.Port));
        Assert.Equal(0, (await client.ReadAsync(10))[1]);

        await client.Socket.SendAsync("ping"u8.ToArray());
        Assert.Equal("ping"u8.ToArray(), await client.ReadAsync(4));
    }

    [Fact]
    public async Task Data_sent_together_with_the_request_reaches_the_server()
    {
        using var client = await SocksClient.ConnectAsync(_proxy.Port);
        byte[] all = [.. SocksClient.Greeting, .. SocksClient.CreateRequest(_echo.EndPoint), .. "early"u8];
        await client.Socket.SendAsync(all);

        await client.ReadAsync(2 + 10);
        Assert.Equal("early"u8.ToArray(), await client.ReadAsync(5));
        await _proxy.DisposeAsync();
        Assert.Equal(new ByteCount(5, 5), _proxy.Meter.Read());
    }

    [Fact]
    public async Task A_client_that_disconnects_anywhere_in_the_handshake_is_closed()
    {
        byte[][] handshakes =
        [
            [.. SocksClient.Greeting, .. SocksClient.CreateRequest(_echo.EndPoint)],
            [.. SocksClient.Greeting, .. SocksClient.CreateRequest(new IPEndPoint(IPAddress.IPv6Loopback, 1))],
            [.. SocksClient.Greeting, .. SocksClient.CreateRequest("localhost", 1)],
        ];
        foreach (var handshake in handshakes)
        {
            for (var length = 0; length < handshake.Length; length++)
            {
                using var client = await SocksClient.ConnectAsync(_proxy.Port);
                await client.Socket.SendAsync(handshake.AsMemory(0, length));
                client.Socket.Shutdown(SocketShutdown.Send);
                byte[] expected = length < SocksClient.Greeting.Length ? [] : [5, 0];
                Assert.Equal(expected, await client.ReadToEndAsync());
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 4, 1 }, new byte[] { })]
    [InlineData(new byte[] { 5, 0 }, new byte[] { 5, 0xFF })]
    [InlineData(new byte[] { 5, 2, 1, 2 }, new byte[] { 5, 0xFF })]
    [InlineData(new byte[] { 71, 69 }, new byte[] { })]
    public async Task An_unsupported_greeting_is_closed(byte[] greeting, byte[] answer)
    {
        using var client = await SocksClient.ConnectAsync(_proxy.Port);
        await client.Socket.SendAsync(greeting);
        Assert.Equal(answer, await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData(2, 1, 7)]
    [InlineData(3, 1, 7)]
    [InlineData(1, 2, 8)]
    [InlineData(1, 0, 8)]
    public async Task An_unsupported_command_or_address_type_gets_its_reply_code(byte command, byte addressType, byte reply)
    {
        using var client = await SocksClient.ConnectAsync(_proxy.Port);
        Assert.Equal(reply, await client.NegotiateAsync([5, command, 0, addressType]));
        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_silent_client_is_disconnected_after_the_timeout()
    {
        // A short real timeout. The client sends nothing, so a slow machine cannot fail the test.
        await using var proxy = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, TestPorts.Unclaimed.CreateConnector(), TestTransport.Current, TimeSpan.FromMilliseconds(50));
        using var silent = await SocksClient.ConnectAsync(proxy.Port);
        Assert.Empty(await silent.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_that_resets_in_the_handshake_leaves_nothing_behind()
    {
        var client = await SocksClient.ConnectAsync(_proxy.Port);
        await client.Socket.SendAsync(SocksClient.Greeting);
        client.Socket.Close(0);

        await _proxy.DisposeAsync();
        Assert.Equal(0, _proxy.Meter.OpenConnections);
    }

    private static async Task SendByteByByteAsync(SocksClient client, byte[] bytes)
    {
        foreach (var one in bytes) await client.Socket.SendAsync(new[] { one });
    }
}
