namespace ChaserEmu.Tests.Browsers;

public sealed class SiteIsolationTests
{
    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_frame_of_another_site_is_a_separate_target_by_default(string path) => Assert.Single(await GetFrameTargetsAsync(path, siteIsolation: null));

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_frame_of_another_site_is_no_separate_target_without_site_isolation(string path) => Assert.Empty(await GetFrameTargetsAsync(path, siteIsolation: false));

    private static async Task<string[]> GetFrameTargetsAsync(string path, bool? siteIsolation)
    {
        await using var opened = await OpenedSite.OpenAsync(options => (options.Path, options.SiteIsolation) = (path, siteIsolation ?? options.SiteIsolation));
        await opened.AddForeignFrameAsync();
        return await opened.GetTargetsAsync("iframe");
    }
}
