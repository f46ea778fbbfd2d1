using System.Text.Json;
using ChaserEmu.Gateway;
using ChaserEmu.Tests.Browsers;
using Microsoft.Playwright;

namespace ChaserEmu.Tests.Gateway;

/// <summary>Browser contexts beside the default one, which the service does not support.</summary>
public sealed class AdditionalContextTests
{
    private const string Advice = "To allow them in the emulator, set Cdp:AdditionalContexts=allow.";

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Creating_a_context_fails_and_the_connection_goes_on()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.ConnectOverCDPAsync(session.Text("cdp_url")!);

        var failure = await Assert.ThrowsAsync<PlaywrightException>(() => browser.NewContextAsync());

        Assert.Contains("Target.createBrowserContext", failure.Message, StringComparison.Ordinal);
        Assert.Contains(Advice, failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, await browser.Contexts[0].Pages[0].EvaluateAsync<int>("1 + 1"));
        Assert.Single(browser.Contexts);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task The_setting_allows_them()
    {
        await using var emulator = Emulator.StartWithChrome("Cdp:AdditionalContexts=allow");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.ConnectOverCDPAsync(session.Text("cdp_url")!);

        await browser.NewContextAsync();

        Assert.Equal(2, browser.Contexts.Count);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_refused_command_is_answered_and_counted_but_does_not_reach_the_browser()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        await cdp.SendCommandAsync("Target.createBrowserContext");

        var response = JsonDocument.Parse((await cdp.ReadFrameAsync())!.Payload).RootElement;
        Assert.Equal((1, -32000), (response.GetProperty("id").GetInt32(), response.GetProperty("error").GetProperty("code").GetInt32()));
        await cdp.SendCommandAsync("Target.getBrowserContexts");
        var contexts = JsonDocument.Parse((await cdp.ReadFrameAsync())!.Payload).RootElement;
        Assert.Equal(0, contexts.GetProperty("result").GetProperty("browserContextIds").GetArrayLength());
        var state = await emulator.InspectAsync(session.Id());
        Assert.Equal((cdp.Sent, cdp.Received), (state.GetProperty("cdp").GetProperty("bytes_up").GetInt64(), state.GetProperty("cdp").GetProperty("bytes_down").GetInt64()));
    }

    [Theory]
    [InlineData("""{"id":7,"method":"Target.createBrowserContext"}""", true)]
    [InlineData("""{"method":"Target.createBrowserContext","params":{"disposeOnDetach":true},"sessionId":"S","id":7}""", true)]
    [InlineData("""{"id":7,"method":"Runtime.evaluate","params":{"expression":"\"Target.createBrowserContext\""}}""", false)]
    [InlineData("""{"id":7,"method":"Runtime.evaluate","params":{"method":"Target.createBrowserContext"}}""", false)]
    [InlineData("""{"method":"Target.createBrowserContext"}""", false)]
    [InlineData("""["Target.createBrowserContext"]""", false)]
    [InlineData("""{"id":7,"method":"Target.createBrowserContext" """, false)]
    public void Only_the_command_itself_is_refused(string message, bool isRefused)
    {
        using var inspector = new CdpInspector(new FakeBrowser(), target: null, refusesContexts: true);
        var response = inspector.InspectCommand(System.Text.Encoding.UTF8.GetBytes(message)).Response;

        Assert.Equal(isRefused, response is not null);
        if (response is null) return;
        var json = JsonDocument.Parse(response).RootElement;
        Assert.Equal(7, json.GetProperty("id").GetInt32());
        Assert.Equal(message.Contains("sessionId", StringComparison.Ordinal), json.TryGetProperty("sessionId", out _));
        Assert.Contains(Advice, json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
