using System.Text.Json.Nodes;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

public sealed class DeviceTests
{
    private const string ReadDevice = """
        (async () => ({
            userAgent: navigator.userAgent, platform: navigator.platform, touch: navigator.maxTouchPoints,
            width: innerWidth, height: innerHeight, scale: devicePixelRatio,
            mobile: navigator.userAgentData?.mobile, brands: navigator.userAgentData?.brands.map(b => b.brand + ' ' + b.version).join(),
            model: (await navigator.userAgentData?.getHighEntropyValues(['model']))?.model,
            headers: document.querySelector('pre')?.textContent,
        }))()
        """;

    [Fact]
    public void A_device_name_matches_its_user_agent()
    {
        Assert.Equal("Android 10 - Chrome 137 (Mobile)", DeviceCatalog.All[0].Name);
        Assert.All(DeviceCatalog.All, device =>
        {
            Assert.Contains($"Chrome/{device.ChromeVersion}.", device.UserAgent, StringComparison.Ordinal);
            Assert.Equal(device.IsMobile, device.UserAgent.Contains("Mobile", StringComparison.Ordinal));
        });
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_page_sees_the_device_in_the_first_tab_in_a_new_one_and_after_each_navigation(string path)
    {
        await using var opened = await OpenedSite.OpenAsync(options => options.Path = path);
        var (client, url) = (opened.Client, opened.Site.Url);
        AssertDevice(await client.EvaluateAsync(opened.Page, ReadDevice));

        var second = await client.OpenPageAsync();
        await client.WaitForDeviceAsync(second);
        await client.NavigateAsync(second, url);
        AssertDevice(await client.EvaluateAsync(second, ReadDevice));

        // Another site, so Chrome uses another process.
        await client.NavigateAsync(second, url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        AssertDevice(await client.EvaluateAsync(second, ReadDevice));
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_viewport_set_by_a_client_survives_navigations(string path)
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);
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
    public async Task A_browser_context_created_by_a_client_is_not_emulated()
    {
        await using var pool = TestBrowsers.CreatePool();
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var context = (await client.CallAsync("Target.createBrowserContext"))["browserContextId"]!.GetValue<string>();

        var page = await client.OpenPageAsync(browserContextId: context);

        Assert.Equal(0, (await client.EvaluateAsync(page, "navigator.maxTouchPoints"))!.GetValue<int>());
        Assert.Equal(TestBrowsers.TestDevice.UserAgent, (await client.EvaluateAsync(page, "navigator.userAgent"))!.GetValue<string>());
    }

    private static void AssertDevice(JsonNode? seen)
    {
        var phone = TestBrowsers.TestDevice;
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
