using System.Net;
using System.Net.Sockets;
using ChaserEmu.Egress;

namespace ChaserEmu.Tests.Egress;

public sealed class OutboundConnectorTests
{
    // Replies are numbers because SocksReply is internal. The mapping is tested directly: which network is unreachable differs between machines.
    [Theory]
    [InlineData(SocketError.NetworkUnreachable, 3)]
    [InlineData(SocketError.AddressFamilyNotSupported, 3)]
    [InlineData(SocketError.AddressNotAvailable, 3)]
    [InlineData(SocketError.HostUnreachable, 4)]
    [InlineData(SocketError.TimedOut, 4)]
    [InlineData(SocketError.ConnectionRefused, 5)]
    [InlineData(SocketError.TooManyOpenSockets, 1)]
    public void Every_connect_error_maps_to_a_SOCKS_reply(SocketError error, byte reply) =>
        Assert.Equal(reply, (byte)OutboundConnector.ToSocksReply(error));

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Localhost_is_reached_over_IPv4_and_IPv6(string address)
    {
        await using var server = TcpServer.Start(TcpServer.EchoAsync, IPAddress.Parse(address));
        var (socket, reply) = await TestPorts.Unclaimed.CreateConnector().ConnectAsync(new DnsEndPoint("LocalHost.", server.EndPoint.Port), CancellationToken.None);
        using (socket) Assert.Equal(SocksReply.Succeeded, reply);
    }

    [Fact]
    public async Task A_cancelled_attempt_returns_host_unreachable()
    {
        var (socket, reply) = await TestPorts.Unclaimed.CreateConnector().ConnectAsync(new DnsEndPoint("localhost", 9), new CancellationToken(canceled: true));
        Assert.Null(socket);
        Assert.Equal(SocksReply.HostUnreachable, reply);
    }

    [Fact]
    public async Task An_IPv4_mapped_IPv6_address_is_reached()
    {
        await using var server = TcpServer.Start(TcpServer.EchoAsync);
        var (socket, reply) = await TestPorts.Unclaimed.CreateConnector().ConnectAsync(new IPEndPoint(IPAddress.Loopback.MapToIPv6(), server.EndPoint.Port), CancellationToken.None);
        using (socket) Assert.Equal(SocksReply.Succeeded, reply);
    }
}
