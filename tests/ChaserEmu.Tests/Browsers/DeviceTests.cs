using System.Text.Json.Nodes;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

public sealed class DeviceTests
{
    private const string Look = """
        (async () => ({
            userAgent: navigator.userAgent, platform: navigator.platform, touch: navigator.maxTouchPoints,
            width: innerWidth, height: innerHeight, scale: devicePixelRatio,
            mobile: navigator.userAgentData?.mobile, brands: navigator.userAgentData?.brands.map(b => b.brand + ' ' + b.version).join(),
            model: (await navigator.userAgentData?.getHighEntropyValues(['model']))?.model,
            headers: document.querySelector('pre')?.textContent,
        }))()
        """;

    [Fact]
    public void A_name_says_what_the_user_agent_says()
    {
        Assert.Equal("Android 10 - Chrome 137 (Mobile)", Devices.All[0].Name);
        Assert.All(Devices.All, device =>
        {
            Assert.Contains($"Chrome/{device.Chrome}.", device.UserAgent, StringComparison.Ordinal);
            Assert.Equal(device.Mobile, device.UserAgent.Contains("Mobile", StringComparison.Ordinal));
        });
    }

    [Theory]
    [InlineData(Chrome.HeadlessShell)]
    [InlineData(Chrome.Full)]
    [Trait("Needs", "Chrome")]
    public async Task A_page_sees_the_device_in_the_first_tab_in_a_new_one_and_after_each_navigation(string path)
    {
        if (!File.Exists(path)) return;
        await using var site = new TinySite();
        await using var pool = Chrome.Pool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var first = Assert.Single(await client.PagesAsync());
        await client.NavigateAsync(first, site.Url);
        AssertDevice(await client.EvaluateAsync(first, Look));

        // A client that is quicker than the emulation's one way through the pipe would get a page before its device.
        var second = await client.OpenPageAsync();
        while ((await client.EvaluateAsync(second, "navigator.maxTouchPoints"))!.GetValue<int>() == 0) await Task.Yield();
        await client.NavigateAsync(second, site.Url);
        AssertDevice(await client.EvaluateAsync(second, Look));

        // Another site, so another process.
        await client.NavigateAsync(second, site.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        AssertDevice(await client.EvaluateAsync(second, Look));
    }

    [Theory]
    [InlineData(Chrome.HeadlessShell)]
    [InlineData(Chrome.Full)]
    [Trait("Needs", "Chrome")]
    public async Task A_viewport_that_a_client_sets_stands_after_navigations_too(string path)
    {
        if (!File.Exists(path)) return;
        await using var site = new TinySite();
        await using var pool = Chrome.Pool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var page = await client.OpenPageAsync();

        await client.CallAsync("Emulation.setDeviceMetricsOverride", new { width = 801, height = 602, deviceScaleFactor = 1, mobile = false }, page);

        foreach (var url in (string[])[site.Url, site.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal)])
        {
            await client.NavigateAsync(page, url);
            Assert.Equal(801, (await client.EvaluateAsync(page, "innerWidth"))!.GetValue<int>());
        }
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_context_that_a_client_made_is_left_to_it()
    {
        await using var pool = Chrome.Pool();
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var context = (await client.CallAsync("Target.createBrowserContext"))["browserContextId"]!.GetValue<string>();

        var page = await client.OpenPageAsync(browserContextId: context);

        Assert.Equal(0, (await client.EvaluateAsync(page, "navigator.maxTouchPoints"))!.GetValue<int>());
        Assert.Equal(Chrome.Phone.UserAgent, (await client.EvaluateAsync(page, "navigator.userAgent"))!.GetValue<string>());
    }

    private static void AssertDevice(JsonNode? seen)
    {
        var phone = Chrome.Phone;
        Assert.Equal(phone.UserAgent, seen!["userAgent"]!.GetValue<string>());
        Assert.Equal(Device.TouchPoints, seen["touch"]!.GetValue<int>());
        Assert.Equal((phone.Width, phone.Height), (seen["width"]!.GetValue<int>(), seen["height"]!.GetValue<int>()));
        Assert.Equal(phone.ScaleFactor, seen["scale"]!.GetValue<double>(), 0.001);
        Assert.True(seen["mobile"]!.GetValue<bool>());
        Assert.Contains("Chromium 137", seen["brands"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(phone.Model, seen["model"]!.GetValue<string>());
        Assert.Contains($"user-agent: {phone.UserAgent}", seen["headers"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("sec-ch-ua-mobile: ?1", seen["headers"]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
