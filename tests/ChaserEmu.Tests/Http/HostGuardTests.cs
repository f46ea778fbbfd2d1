using System.Net;
using ChaserEmu.Http;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Http;

/// <summary>Requests for unknown host names (DNS rebinding) and from other sites are refused.</summary>
public sealed class HostGuardTests(SharedEmulatorFixture shared) : IClassFixture<SharedEmulatorFixture>
{
    private readonly Emulator _emulator = shared.Emulator;

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("192.168.7.20", true)]
    [InlineData("[::1]", true)]
    [InlineData("emulator", true)]
    [InlineData("app.localhost", true)]
    [InlineData("host.docker.internal", true)]
    [InlineData("emu.example.test", true)]
    [InlineData("a.allowed.test", true)]
    [InlineData("", true)]
    [InlineData("api.chaser.sh", true)]
    [InlineData("CDP.chaser.sh", true)]
    [InlineData("stream.chaser.sh", true)]
    [InlineData("chaser.sh", true)]
    [InlineData("cdp.example.test", true)]
    [InlineData("stream.example.test", true)]
    [InlineData("other.chaser.sh", false)]
    [InlineData("chaser.sh.evil.com", false)]
    [InlineData("allowed.test", false)]
    [InlineData("evil.com", false)]
    [InlineData("localhost.evil.com", false)]
    [InlineData("127.0.0.1.nip.io", false)]
    [InlineData("emulator.evil.com.", false)]
    public void Local_host_names_are_allowed_and_public_ones_are_not(string host, bool allowed) =>
        Assert.Equal(allowed, HostGuard.IsAllowed(host, ["*.allowed.test"], "https://emu.example.test:8443", "wss://cdp.example.test", "ws://stream.example.test:1"));

    [Theory]
    [InlineData("/v1/sessions")]
    [InlineData("/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854")]
    [InlineData("/_emu/clock")]
    [InlineData("/dashboard/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854")]
    [InlineData("/swagger")]
    public async Task A_DNS_rebinding_host_is_refused_on_every_route(string path)
    {
        using var client = _emulator.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = $"evil.example.com:{_emulator.Address.Port}";

        using var answer = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains("Security:AllowedHosts", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_refusal_names_the_variable_that_is_not_set_yet()
    {
        await using var emulator = Emulator.Start("Security:AllowedHosts:0=a.test", "Security:AllowedHosts:1=b.test");
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Host = "c.test";

        Assert.Contains("CHASER_EMU_Security__AllowedHosts__2=c.test", await (await client.GetAsync("/v1/sessions")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/nothing", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html")]
    [InlineData("/nothing", "*/*", "application/json")]
    [InlineData("/v1/nothing", "text/html", "application/json")]
    [InlineData("/_emu/nothing", "text/html", "application/problem+json")]
    public async Task Only_a_browser_that_opens_a_page_gets_an_error_page(string path, string accept, string type)
    {
        using var client = _emulator.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Accept", accept);

        using var answer = await client.GetAsync(path);

        Assert.Equal((HttpStatusCode.NotFound, type), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        Assert.Contains("Nothing found at this path.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cross-site", "no-cors", "image", "/_emu/clock", false)]
    [InlineData("same-site", "no-cors", "script", "/v1/sessions", false)]
    [InlineData("cross-site", "navigate", "iframe", "/swagger/index.html", false)]
    [InlineData("cross-site", "navigate", "document", "/_emu/clock", false)]
    [InlineData("cross-site", "navigate", "document", "/v1/sessions", false)]
    [InlineData("cross-site", "navigate", "document", "/swagger/index.html", true)]
    [InlineData("same-origin", "cors", "empty", "/_emu/clock", true)]
    [InlineData("none", "navigate", "document", "/_emu/clock", true)]
    public async Task Cross_site_requests_without_Origin_are_refused_except_navigations_to_pages(string site, string mode, string dest, string path, bool allowed)
    {
        using var client = _emulator.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Sec-Fetch-Site", site);
        request.Headers.Add("Sec-Fetch-Mode", mode);
        request.Headers.Add("Sec-Fetch-Dest", dest);

        using var answer = await client.SendAsync(request);

        Assert.Equal(allowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden, answer.StatusCode);
    }
}
