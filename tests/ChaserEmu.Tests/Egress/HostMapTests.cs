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

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_page_reaches_the_mapped_site_under_its_name_over_HTTP_and_HTTPS()
    {
        await using var site = new TestSite();
        var (http, https) = (new Uri(site.HttpUrl).Port, new Uri(site.HttpsUrl).Port);
        await using var emulator = Emulator.StartWithChrome($"Egress:Hosts:0=shop.test:80=127.0.0.1:{http}", $"Egress:Hosts:1=*.shop.test=127.0.0.1:{https}");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        await using var page = await CdpPage.OpenAsync(await client.CreateReadySessionAsync());

        await page.NavigateAsync("http://shop.test/second");
        Assert.Equal("second shop.test", await page.EvaluateAsync<string>("document.title + ' ' + location.hostname"));
        await page.NavigateAsync("https://www.shop.test/second");
        Assert.Equal("second www.shop.test", await page.EvaluateAsync<string>("document.title + ' ' + location.hostname"));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_mapping_to_the_emulator_is_refused_and_the_log_names_the_session()
    {
        await using var emulator = Emulator.StartWithChrome("Egress:Hosts:0=emu.test=127.0.0.1", "Logging:LogLevel:ChaserEmu=Debug");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        await using var page = await CdpPage.OpenAsync(session);

        var result = await page.EvaluateAsync<string>($"fetch('http://emu.test:{emulator.Address.Port}/', {{ mode: 'no-cors' }}).then(() => 'reached', () => 'refused')");

        Assert.Equal("refused", result);
        Assert.Contains(emulator.Logs.Lines, line => line.StartsWith($"Refused an egress connection of {session.Id()}: destination=emu.test:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_invalid_entry_prevents_the_start() =>
        Assert.Equal(
            "Egress:Hosts contains 'shop.test', which is not of the form name[:port]=address[:port], such as shop.test=127.0.0.1:3000 or *.shop.test:443=[::1]:8443.",
            await Emulator.GetStartErrorAsync("Egress:Hosts:0=shop.test"));

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
