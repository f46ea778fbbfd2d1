using ChaserEmu.Browsers;
using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Browsers;

/// <summary>A <see cref="HeaderEchoSite"/> in the first page of a real browser, with a client of the browser.</summary>
internal sealed class OpenedSite : IAsyncDisposable
{
    private readonly BrowserPool _pool;

    private OpenedSite(HeaderEchoSite site, BrowserPool pool, LocalBrowser browser, DevToolsClient client, string page) =>
        (Site, _pool, Browser, Client, Page) = (site, pool, browser, client, page);

    public HeaderEchoSite Site { get; }

    public LocalBrowser Browser { get; }

    public DevToolsClient Client { get; }

    /// <summary>Gets the client's session on the page.</summary>
    public string Page { get; }

    public static async Task<OpenedSite> OpenAsync(Action<BrowserOptions>? configure = null)
    {
        var site = new HeaderEchoSite();
        var pool = TestBrowsers.CreatePool(configure);
        var browser = await pool.TakeAsync();
        var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var page = Assert.Single(await client.AttachToPagesAsync());
        await client.NavigateAsync(page, site.Url);
        return new OpenedSite(site, pool, browser, client, page);
    }

    /// <summary>Adds a frame of another site to the page, and waits until it has loaded.</summary>
    public Task AddForeignFrameAsync()
    {
        var url = Site.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        return Client.EvaluateAsync(Page, $"new Promise(done => document.body.append(Object.assign(document.createElement('iframe'), {{ src: '{url}', onload: () => done(1) }})))");
    }

    /// <summary>Returns the ids of the targets of a type.</summary>
    public async Task<string[]> GetTargetsAsync(string ofType) =>
        [.. (await Client.CallAsync("Target.getTargets"))["targetInfos"]!.AsArray().Where(target => target!["type"]!.GetValue<string>() == ofType).Select(target => target!["targetId"]!.GetValue<string>())];

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Browser.DisposeAsync();
        await _pool.DisposeAsync();
        await Site.DisposeAsync();
    }
}
