namespace ChaserEmu.Tests.Browsers;

public sealed class SiteIsolationTests
{
    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_frame_of_another_site_is_a_separate_target_by_default(string path) => Assert.Equal(["iframe"], await GetFrameTargetsAsync(path, siteIsolation: null));

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_frame_of_another_site_is_no_separate_target_without_site_isolation(string path) => Assert.Empty(await GetFrameTargetsAsync(path, siteIsolation: false));

    private static async Task<string[]> GetFrameTargetsAsync(string path, bool? siteIsolation)
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool(o => (o.Path, o.SiteIsolation) = (path, siteIsolation ?? o.SiteIsolation));
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var page = Assert.Single(await client.AttachToPagesAsync());
        await client.NavigateAsync(page, site.Url);
        var frame = site.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        await client.EvaluateAsync(page, $"new Promise(done => document.body.append(Object.assign(document.createElement('iframe'), {{ src: '{frame}', onload: () => done(1) }})))");
        var targets = (await client.CallAsync("Target.getTargets"))["targetInfos"]!.AsArray();
        return [.. targets.Select(target => target!["type"]!.GetValue<string>()).Where(type => type is "iframe")];
    }
}
