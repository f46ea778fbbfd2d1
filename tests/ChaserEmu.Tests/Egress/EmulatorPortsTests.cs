using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text.Json;
using ChaserEmu.Egress;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Egress;

/// <summary>Pages reach the user's servers on this machine, but not the ports of the emulator.</summary>
public sealed class EmulatorPortsTests
{
    public static TheoryData<string> LocalAddresses =>
    [
        "127.0.0.1", "127.1.2.3", "0.0.0.0", "::ffff:127.0.0.1", "localhost", "LocalHost.", "a.localhost", Dns.GetHostName(), .. GetNetworkAddresses(),
    ];

    [Theory]
    [MemberData(nameof(LocalAddresses))]
    public async Task A_claimed_port_is_refused_at_every_local_address_until_it_is_released(string host)
    {
        await using var server = TcpServer.Start(TcpServer.EchoAsync, IPAddress.Any);
        var ports = TestPorts.Unclaimed;
        await using var proxy = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, ports.CreateConnector(), TestTransport.Current);
        proxy.AllowTraffic();
        var port = server.EndPoint.Port;

        Assert.Equal(SocksReply.Succeeded, await ConnectAsync(proxy, host, port));
        using (ports.Claim(port))
        {
            using (ports.Claim(port)) Assert.Equal(SocksReply.NotAllowed, await ConnectAsync(proxy, host, port));
            Assert.Equal(SocksReply.NotAllowed, await ConnectAsync(proxy, host, port));
        }

        Assert.Equal(SocksReply.Succeeded, await ConnectAsync(proxy, host, port));
    }

    [Theory]
    [InlineData("::1")]
    [InlineData("::")]
    public async Task A_claimed_port_is_refused_over_IPv6(string host)
    {
        await using var server = TcpServer.Start(TcpServer.EchoAsync, IPAddress.IPv6Loopback);
        var ports = TestPorts.Unclaimed;
        await using var proxy = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, ports.CreateConnector(), TestTransport.Current);
        proxy.AllowTraffic();

        Assert.Equal(SocksReply.Succeeded, await ConnectAsync(proxy, host, server.EndPoint.Port));
        using (ports.Claim(server.EndPoint.Port)) Assert.Equal(SocksReply.NotAllowed, await ConnectAsync(proxy, host, server.EndPoint.Port));
    }

    [Fact]
    public void The_same_port_of_another_machine_is_not_refused()
    {
        var ports = TestPorts.Unclaimed;
        using (ports.Claim(8080)) Assert.Equal((true, false), (ports.IsForbidden(IPAddress.Loopback, 8080), ports.IsForbidden(IPAddress.Parse("192.0.2.1"), 8080)));
    }

    [Fact]
    public async Task A_proxy_cannot_reach_another_proxy_that_is_running()
    {
        var ports = TestPorts.Unclaimed;
        await using var one = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, ports.CreateConnector(), TestTransport.Current);
        var other = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, ports.CreateConnector(), TestTransport.Current);
        one.AllowTraffic();

        Assert.Equal(SocksReply.NotAllowed, await ConnectAsync(one, "127.0.0.1", other.Port));
        Assert.Equal(SocksReply.NotAllowed, await ConnectAsync(one, "127.0.0.1", one.Port));
        await other.DisposeAsync();
        Assert.Equal(SocksReply.ConnectionRefused, await ConnectAsync(one, "127.0.0.1", other.Port));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_page_reaches_the_users_own_server_but_not_the_emulator_nor_another_sessions_browser()
    {
        await using var emulator = Emulator.StartWithChrome("Logging:LogLevel:ChaserEmu=Warning");
        await using var site = new TestSite();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        var other = await client.CreateReadySessionAsync();
        await using var page = await CdpPage.OpenAsync(session);
        await page.NavigateAsync(site.HttpUrl);

        Assert.Equal("reached", await FetchAsync(page, $"{site.HttpUrl}/second"));
        Assert.Equal("refused", await FetchAsync(page, new Uri(emulator.Address, "/_emu/sessions").ToString()));
        Assert.Equal("refused", await FetchAsync(page, $"http://localhost:{emulator.Address.Port}/swagger/index.html"));
        foreach (var port in await GetPortsAsync(emulator, other)) Assert.Equal("refused", await FetchAsync(page, $"http://127.0.0.1:{port}/json/version"));

        var warning = Assert.Single(emulator.Logs.Lines, line => line.Contains("AllowEmulator", StringComparison.Ordinal));
        Assert.StartsWith($"Refused a connection of a page in {session.Id()} to 127.0.0.1:{emulator.Address.Port}: this port belongs to the emulator.", warning, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Egress_AllowEmulator_lets_pages_reach_the_emulator()
    {
        await using var emulator = Emulator.StartWithChrome("Egress:AllowEmulator=true");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        await using var page = await CdpPage.OpenAsync(await client.CreateReadySessionAsync());

        await page.NavigateAsync(new Uri(emulator.Address, "/swagger/index.html").ToString());

        Assert.Equal("ChaserEmu", await page.EvaluateAsync<string>("document.title"));
    }

    // Without CORS headers the response cannot be read, but the result shows whether there was one.
    private static Task<string> FetchAsync(CdpPage page, string url) =>
        page.EvaluateAsync<string>($"fetch('{url}', {{ mode: 'no-cors' }}).then(() => 'reached', () => 'refused')");

    private static async Task<IEnumerable<int>> GetPortsAsync(Emulator emulator, JsonElement session)
    {
        var browser = (await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32();
        var proxy = TestBrowsers.GetArguments(browser).Single(argument => argument.StartsWith("--proxy-server=", StringComparison.Ordinal));
        var devTools = Assert.Single(EmulatorProcess.GetListeningPorts([browser]));
        return [devTools, new Uri(proxy["--proxy-server=".Length..]).Port];
    }

    private static async Task<SocksReply> ConnectAsync(EgressProxy proxy, string host, int port)
    {
        using var client = await SocksClient.ConnectAsync(proxy.Port);
        var request = IPAddress.TryParse(host, out var address) ? SocksClient.CreateRequest(new IPEndPoint(address, port)) : SocksClient.CreateRequest(host, port);
        return (SocksReply)await client.NegotiateAsync(request);
    }

    private static IEnumerable<string> GetNetworkAddresses() =>
        from network in NetworkInterface.GetAllNetworkInterfaces()
        from local in network.GetIPProperties().UnicastAddresses
        where local.Address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(local.Address)
        select local.Address.ToString();
}
