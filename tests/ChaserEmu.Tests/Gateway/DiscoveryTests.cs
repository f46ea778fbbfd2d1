using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Browsers;
using Microsoft.Playwright;

namespace ChaserEmu.Tests.Gateway;

/// <summary>The DevTools discovery paths below a session's address.</summary>
[Trait("Needs", "Chrome")]
public sealed class DiscoveryTests
{
    [Theory]
    [InlineData("json/version")]
    [InlineData("json/version/")]
    public async Task The_version_has_the_cdp_url_of_the_session(string path)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        var session = await CreateReadySessionAsync(emulator);
        using var anonymous = emulator.CreateClient(null);

        var version = await anonymous.GetFromJsonAsync<JsonElement>($"/sessions/{session.Id()}/{path}");

        Assert.Equal(session.Text("cdp_url"), version.Text("webSocketDebuggerUrl"));
        Assert.Contains("Chrom", version.Text("Browser"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/json")]
    [InlineData("/json/version")]
    [InlineData("/json/protocol")]
    public async Task Discovery_without_a_session_says_where_it_is(string path)
    {
        await using var emulator = Emulator.Start();

        await emulator.SendAsync("GET", path).AssertErrorAsync(
            404, "not_found", $"DevTools discovery is below a session's address: GET /sessions/{{id}}{path}. If your client drops the path of a URL, give it the session's cdp_url.");
    }

    [Fact]
    public async Task Pages_are_listed_with_addresses_through_the_tunnel_which_meters_them()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        var session = await CreateReadySessionAsync(emulator);
        using var anonymous = emulator.CreateClient(null);
        foreach (var path in new[] { "json", "json/", "json/list", "json/list/" })
        {
            var page = (await anonymous.GetFromJsonAsync<JsonElement>($"/sessions/{session.Id()}/{path}"))[0];
            var address = page.Text("webSocketDebuggerUrl")!;
            Assert.StartsWith(session.Text("cdp_url") + "/devtools/page/", address, StringComparison.Ordinal);
            Assert.Contains("ws=" + address["ws://".Length..], page.Text("devtoolsFrontendUrl"), StringComparison.Ordinal);

            var before = emulator.GetLiveSession(session.Id()).CdpMeter.Read();
            await using var client = await DevToolsClient.ConnectAsync(new Uri(address));
            var answer = await client.CallAsync("Runtime.evaluate", new { expression = "'x'.repeat(100000)" });
            Assert.Equal(100_000, answer["result"]!["value"]!.GetValue<string>().Length);
            Assert.True(emulator.GetLiveSession(session.Id()).CdpMeter.Read().Down - before.Down > 100_000);
            Assert.Equal(1, emulator.GetLiveSession(session.Id()).ConnectionCount);
            await client.DisposeAsync();
            await Eventually.IsTrueAsync(() => emulator.GetLiveSession(session.Id()).ConnectionCount == 0);
        }
    }

    [Fact]
    public async Task The_protocol_and_the_browser_path_are_served()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        var session = await CreateReadySessionAsync(emulator);
        using var anonymous = emulator.CreateClient(null);

        foreach (var path in new[] { "json/protocol", "json/protocol/" })
        {
            var protocol = await anonymous.GetFromJsonAsync<JsonElement>($"/sessions/{session.Id()}/{path}");
            Assert.Contains(protocol.GetProperty("domains").EnumerateArray(), domain => domain.Text("domain") == "Page");
        }

        await using var client = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url") + "/devtools/browser/any"));
        Assert.NotNull((await client.CallAsync("Browser.getVersion"))["product"]);
    }

    [Fact]
    public async Task Chromes_own_front_end_may_connect_to_a_page_and_a_foreign_web_page_may_not()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        var session = await CreateReadySessionAsync(emulator);
        using var anonymous = emulator.CreateClient(null);
        var address = (await anonymous.GetFromJsonAsync<JsonElement>($"/sessions/{session.Id()}/json/list"))[0].Text("webSocketDebuggerUrl")!;

        using var frontEnd = await RawCdpClient.ConnectAsync(address, "Origin: devtools://devtools");
        await frontEnd.SendCommandAsync("Runtime.evaluate", new { expression = "6 * 7" });
        var answer = JsonElement.Parse((await frontEnd.ReadFrameAsync())!.Payload);
        Assert.Equal(42, answer.GetProperty("result").GetProperty("result").GetProperty("value").GetInt32());

        foreach (var origin in new[] { "http://evil.test", "https://devtools", "null" })
        {
            using var foreign = await RawCdpClient.RequestUpgradeAsync(address, "Origin: " + origin);
            Assert.StartsWith("HTTP/1.1 403 ", foreign.ResponseHead, StringComparison.Ordinal);
        }

        Assert.Equal(1, emulator.GetLiveSession(session.Id()).ConnectionCount);
    }

    [Fact]
    public async Task Behind_https_the_addresses_are_wss()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Public:BaseUrl=https://emu.test:8443/below/");
        var session = await CreateReadySessionAsync(emulator);
        using var anonymous = emulator.CreateClient(null);
        var cdpUrl = $"wss://emu.test:8443/below/sessions/{session.Id()}";

        var version = await anonymous.GetFromJsonAsync<JsonElement>($"/sessions/{session.Id()}/json/version");
        Assert.Equal(cdpUrl, version.Text("webSocketDebuggerUrl"));

        var page = (await anonymous.GetFromJsonAsync<JsonElement>($"/sessions/{session.Id()}/json/list"))[0];
        Assert.StartsWith(cdpUrl + "/devtools/page/", page.Text("webSocketDebuggerUrl"), StringComparison.Ordinal);
        Assert.Contains("?wss=emu.test:8443/below/", page.Text("devtoolsFrontendUrl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Playwright_connects_by_the_http_address()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        var session = await CreateReadySessionAsync(emulator);
        using var playwright = await Playwright.CreateAsync();

        await using var browser = await playwright.Chromium.ConnectOverCDPAsync(new Uri(emulator.Address, $"/sessions/{session.Id()}").ToString());

        var page = browser.Contexts[0].Pages[0];
        Assert.Equal(42, await page.EvaluateAsync<int>("6 * 7"));
        Assert.True(emulator.GetLiveSession(session.Id()).CdpMeter.Read().Total > 1_000);
    }

    [Fact]
    public async Task Discovery_returns_the_same_errors_as_the_CDP_address()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Sessions:ProvisioningSeconds=3600");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        using var anonymous = emulator.CreateClient(null);
        var id = (await client.CreateSessionAsync()).Id();
        string[] paths = ["", "/json/version", "/json/list", "/json", "/json/protocol", "/devtools/page/A1"];

        foreach (var path in paths)
        {
            await anonymous.GetAsync($"/sessions/{id}{path}").AssertErrorCodeAsync(409, "session_not_ready");
            await anonymous.GetAsync($"/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854{path}").AssertErrorCodeAsync(404, "session_not_found");
            await anonymous.GetAsync($"/sessions/made-up{path}").AssertErrorCodeAsync(404, "session_not_found");
        }

        await client.DeleteAsync($"/v1/sessions/{id}");
        foreach (var path in paths) await anonymous.GetAsync($"/sessions/{id}{path}").AssertErrorCodeAsync(409, "session_not_open");
        await anonymous.GetAsync($"/sessions/{id}/json/new").AssertErrorCodeAsync(404, "not_found");
    }

    [Fact]
    public async Task An_unknown_page_is_refused_and_the_session_continues()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        var session = await CreateReadySessionAsync(emulator);
        using var socket = new ClientWebSocket();

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri(session.Text("cdp_url") + "/devtools/page/NONE"), default));

        using var client = emulator.CreateClient(Emulator.LiveKey);
        Assert.Equal("ready", (await client.GetSessionAsync(session.Id())).Text("status"));
        Assert.Equal(0, emulator.GetLiveSession(session.Id()).ConnectionCount);
    }

    private static async Task<JsonElement> CreateReadySessionAsync(Emulator emulator)
    {
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        Assert.Equal("ready", session.Text("status"));
        return session;
    }
}
