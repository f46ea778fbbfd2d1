using System.Text;
using ChaserEmu.Tests.Browsers;
using Microsoft.Playwright;

namespace ChaserEmu.Tests.Gateway;

/// <summary>Starts Playwright's driver once. It includes Node.js; the browsers are those of the sessions.</summary>
public sealed class PlaywrightFixture : IAsyncLifetime
{
    private IPlaywright? _playwright;

    public Task<IBrowser> ConnectAsync(string cdpUrl) => _playwright!.Chromium.ConnectOverCDPAsync(cdpUrl);

    public async Task InitializeAsync() => _playwright = await Playwright.CreateAsync();

    public Task DisposeAsync()
    {
        _playwright?.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>What users do with a session, with an unmodified Playwright.</summary>
[Trait("Needs", "Chrome")]
public sealed class PlaywrightTests(PlaywrightFixture driver) : IClassFixture<PlaywrightFixture>
{
    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task Navigation_typing_clicks_interception_screenshots_and_downloads_work(string path)
    {
        await using var emulator = Emulator.StartWithChrome($"Browsers:Path={path}");
        await using var site = new TestSite();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        var connection = await driver.ConnectAsync(session.Text("cdp_url")!);
        var page = Assert.Single(Assert.Single(connection.Contexts).Pages);

        await page.GotoAsync(site.HttpUrl);
        Assert.Equal("first", await page.TitleAsync());
        await page.Locator("#name").PressSequentiallyAsync("Ada");
        await page.ClickAsync("button");
        Assert.Equal("hello Ada", await page.TitleAsync());

        var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("#get"));
        Assert.Equal("notes.txt", download.SuggestedFilename);
        await using (var content = await download.CreateReadStreamAsync())
        using (var reader = new StreamReader(content, Encoding.UTF8))
            Assert.Equal("what was downloaded", await reader.ReadToEndAsync());

        await page.RouteAsync("**/second", route => route.FulfillAsync(new() { ContentType = "text/html", Body = "<title>routed</title>" }));
        await page.GotoAsync($"{site.HttpUrl}/second");
        Assert.Equal("routed", await page.TitleAsync());
        await page.GoBackAsync();
        Assert.Equal("first", await page.TitleAsync());

        var picture = await page.ScreenshotAsync();
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture[..4]);
        await connection.CloseAsync();
        Assert.Equal("ready", (await http.GetSessionAsync(session.Id())).Text("status"));
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task Two_clients_share_a_session_and_a_reconnect_finds_its_pages_and_cookies(string path)
    {
        await using var emulator = Emulator.StartWithChrome($"Browsers:Path={path}");
        await using var site = new TestSite();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        var one = await driver.ConnectAsync(session.Text("cdp_url")!);
        var other = await driver.ConnectAsync(session.Text("cdp_url")!);
        var page = one.Contexts[0].Pages[0];
        await page.GotoAsync(site.HttpUrl);
        await page.EvaluateAsync("document.cookie = 'kept=yes'");

        Assert.Equal("kept=yes", await other.Contexts[0].Pages[0].EvaluateAsync<string>("document.cookie"));
        await other.CloseAsync();
        Assert.Equal("first", await page.TitleAsync());
        var second = await one.Contexts[0].NewPageAsync();
        await second.GotoAsync($"{site.HttpUrl}/second");
        await one.CloseAsync();

        var again = await driver.ConnectAsync(session.Text("cdp_url")!);
        var context = Assert.Single(again.Contexts);
        Assert.Equal([$"{site.HttpUrl}/", $"{site.HttpUrl}/second"], context.Pages.Select(found => found.Url).Order());
        Assert.Equal(("kept", "yes"), Assert.Single((await context.CookiesAsync()).Select(cookie => (cookie.Name, cookie.Value))));
        await again.CloseAsync();
    }

    [Fact]
    public async Task Ten_sessions_at_once_each_load_a_page_and_see_no_cookie_of_another()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Max=11");
        await using var site = new TestSite();
        using var http = emulator.CreateClient(Emulator.LiveKey);

        var cookies = await Task.WhenAll(Enumerable.Range(0, 10).Select(async number =>
        {
            var session = await http.CreateReadySessionAsync();
            var connection = await driver.ConnectAsync(session.Text("cdp_url")!);
            var page = connection.Contexts[0].Pages[0];
            await page.GotoAsync(site.HttpUrl);
            await page.EvaluateAsync($"document.cookie = 'session-{number}=1'");
            await page.ReloadAsync();
            var seen = await page.EvaluateAsync<string>("document.cookie");
            return (seen, connection, session);
        }));

        Assert.Equal(Enumerable.Range(0, 10).Select(number => $"session-{number}=1"), cookies.Select(cookie => cookie.seen));
        foreach (var (_, connection, session) in cookies)
        {
            Assert.Single(await connection.Contexts[0].CookiesAsync());
            await connection.CloseAsync();
            await http.DeleteAsync($"/v1/sessions/{session.Id()}");
        }
    }

    [Fact]
    public async Task Popups_and_workers_of_a_client_that_pauses_them_start_on_the_device()
    {
        await using var emulator = Emulator.StartWithChrome();
        await using var site = new HeaderEchoSite();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        var connection = await driver.ConnectAsync(session.Text("cdp_url")!);
        var context = connection.Contexts[0];
        await context.AddInitScriptAsync("self.fromClient = 'yes'");
        var page = context.Pages[0];
        await page.GotoAsync(site.Url);

        for (var i = 0; i < 20; i++)
        {
            var popup = await page.RunAndWaitForPopupAsync(() => page.EvaluateAsync("open(location.href) && 1"));
            await popup.WaitForLoadStateAsync();
            Assert.Equal("yes 5,true", await popup.EvaluateAsync<string>("self.fromClient + ' ' + self.first.split(',').slice(0, 2)"));
            var headers = await popup.EvaluateAsync<string>("document.querySelector('pre').textContent");
            Assert.Contains("sec-ch-ua-platform: \"Android\"", headers, StringComparison.Ordinal);
            await popup.CloseAsync();
            Assert.StartsWith("Android ", await page.EvaluateAsync<string>(FirstDocumentTests.SharedWorker.Replace("/worker.js", $"/worker.js?{i}", StringComparison.Ordinal)), StringComparison.Ordinal);
        }

        Assert.StartsWith("Android ", await page.EvaluateAsync<string>(FirstDocumentTests.ServiceWorker), StringComparison.Ordinal);
        await connection.CloseAsync();
    }

    [Fact]
    public async Task A_session_that_ends_disconnects_its_client()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        var connection = await driver.ConnectAsync(session.Text("cdp_url")!);
        var gone = new TaskCompletionSource();
        connection.Disconnected += (_, _) => gone.TrySetResult();

        await http.DeleteAsync($"/v1/sessions/{session.Id()}");

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(connection.IsConnected);
    }
}
