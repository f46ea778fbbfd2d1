using System.Text.Json.Nodes;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Control;
using ChaserEmu.Tests.Sessions;
using ChaserEmu.Tests.Transport;

namespace ChaserEmu.Tests.Egress;

/// <summary>Faults between a session's browser and the network, as the page sees them.</summary>
[Trait("Needs", "Chrome")]
public sealed class EgressFaultTests
{
    [Fact]
    public async Task A_refused_host_cannot_be_reached_until_the_rule_is_gone()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator);
        var rule = await emulator.AddFaultAsync(new { match = new { session = page.Id, host = "127.0.0.1" }, effect = new { type = "egress_refuse" } });

        Assert.StartsWith("net::ERR_SOCKS", (await NavigateAsync(page, site.Url))["errorText"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True((await emulator.ListFaultsAsync()).Single().GetProperty("fired").GetInt64() >= 1);

        await emulator.DeleteFaultAsync(rule);
        Assert.Equal("", (await NavigateAsync(page, site.Url))["errorText"]?.GetValue<string>() ?? "");
    }

    [Theory]
    [MemberData(nameof(TestTransport.Modes), MemberType = typeof(TestTransport))]
    public async Task A_connection_that_is_reset_on_the_way_fails_the_page(bool plain)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", $"Transport:Plain={plain}");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator);
        var rule = await emulator.AddFaultAsync(new { match = new { session = page.Id }, effect = new { type = "egress_reset", after_bytes = 100 } });

        Assert.Contains((await NavigateAsync(page, site.Url))["errorText"]!.GetValue<string>(), (string[])["net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE", "net::ERR_CONNECTION_CLOSED"]);

        await emulator.DeleteFaultAsync(rule);
        Assert.Equal("", (await NavigateAsync(page, site.Url))["errorText"]?.GetValue<string>() ?? "");
    }

    [Theory]
    [InlineData("egress_latency")]
    [InlineData("egress_bandwidth")]
    public async Task A_slow_connection_still_loads_the_whole_page(string type)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await emulator.AddFaultAsync(new
        {
            match = new { session = page.Id },
            effect = type == "egress_latency" ? (object)new { type, milliseconds = 50 } : new { type, bytes_per_second = 20_000 },
        });

        Assert.Equal("", (await NavigateAsync(page, site.Url))["errorText"]?.GetValue<string>() ?? "");
        await page.WaitUntilTrueAsync("document.querySelector('pre')?.textContent.includes('user-agent: ') === true");
        Assert.True((await emulator.ListFaultsAsync()).Single().GetProperty("fired").GetInt64() >= 1);
    }

    [Fact]
    public async Task A_rule_does_not_affect_another_session()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await using var other = await SessionWithPage.OpenAsync(emulator);
        await emulator.AddFaultAsync(new { match = new { session = other.Id }, effect = new { type = "egress_refuse" } });

        Assert.Equal("", (await NavigateAsync(page, site.Url))["errorText"]?.GetValue<string>() ?? "");
        Assert.NotNull((await NavigateAsync(other, site.Url))["errorText"]);
    }

    [Fact]
    public async Task A_session_can_be_deleted_while_a_page_loads_slowly()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await emulator.AddFaultAsync(new { match = new { session = page.Id }, effect = new { type = "egress_bandwidth", bytes_per_second = 1 } });
        var loading = NavigateAsync(page, site.Url);

        await Eventually.GetAsync(emulator.ListFaultsAsync, rules => rules.Single().GetProperty("fired").GetInt64() >= 1);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, (await page.Http.DeleteAsync($"/v1/sessions/{page.Id}")).StatusCode);
        await Assert.ThrowsAnyAsync<Exception>(() => loading);
    }

    private static Task<JsonNode> NavigateAsync(SessionWithPage page, string url) => page.CallAsync("Page.navigate", new { url });
}
