using System.Net;
using ChaserEmu.Egress;

namespace ChaserEmu.Tests.Egress;

/// <summary><c>Egress:Hosts</c>.</summary>
public sealed class HostMapTests
{
    [Theory]
    [InlineData("shop.test=127.0.0.1:3000", "shop.test", 443, "127.0.0.1:3000")]
    [InlineData("shop.test=127.0.0.1:3000", "SHOP.test.", 443, "127.0.0.1:3000")]
    [InlineData("shop.test=127.0.0.1", "shop.test", 443, "127.0.0.1:443")]
    [InlineData("shop.test:443=127.0.0.1:3000", "shop.test", 443, "127.0.0.1:3000")]
    [InlineData("shop.test:443=127.0.0.1:3000", "shop.test", 80, "shop.test:80")]
    [InlineData("shop.test=127.0.0.1:3000", "www.shop.test", 443, "www.shop.test:443")]
    [InlineData("*.shop.test=127.0.0.1:3000", "www.shop.test", 443, "127.0.0.1:3000")]
    [InlineData("*.shop.test=127.0.0.1:3000", "shop.test", 443, "shop.test:443")]
    [InlineData("shop.test=[::1]:3000", "shop.test", 443, "[::1]:3000")]
    [InlineData("shop.test=[::1]", "shop.test", 443, "[::1]:443")]
    [InlineData("shop.test=web:3000", "shop.test", 443, "web:3000")]
    [InlineData("203.0.113.7:80=127.0.0.1:3000", "203.0.113.7", 80, "127.0.0.1:3000")]
    public void A_connection_goes_to_the_mapped_address(string entry, string host, int port, string expected)
    {
        EndPoint destination = IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);

        Assert.Equal(expected, new HostMap([entry]).Map(destination).ToString()!.Split('/')[^1]);
    }

    [Fact]
    public void The_first_matching_entry_applies()
    {
        var map = new HostMap(["a.test=127.0.0.1:1", "*.test=127.0.0.1:2"]);

        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 1), map.Map(new DnsEndPoint("a.test", 80)));
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 2), map.Map(new DnsEndPoint("b.test", 80)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("=")]
    [InlineData("shop.test")]
    [InlineData("shop.test=")]
    [InlineData("=127.0.0.1")]
    [InlineData("shop.test=127.0.0.1=1")]
    [InlineData("shop.test:0=127.0.0.1")]
    [InlineData("shop.test=127.0.0.1:65536")]
    [InlineData("shop.test=127.0.0.1:http")]
    [InlineData("shop.test=[::1")]
    [InlineData("shop.test=::1")]
    [InlineData("shop.test=http://127.0.0.1:3000")]
    [InlineData("*=127.0.0.1")]
    [InlineData("shop test=127.0.0.1")]
    public void Other_forms_are_invalid(string entry) => Assert.False(HostMap.IsValid(entry));
}
