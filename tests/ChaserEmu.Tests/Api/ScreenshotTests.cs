using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Sessions;

namespace ChaserEmu.Tests.Api;

public sealed class ScreenshotTests
{
    private const string LongPage = "<meta name=viewport content=width=device-width><body style='margin:0;height:3000px;background:linear-gradient(90deg,red,lime,blue)'><h1 style='margin:0'>A page</h1>";
    private const string PageStateScript = "JSON.stringify([innerWidth, innerHeight, devicePixelRatio, navigator.maxTouchPoints, scrollY])";

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_screenshot_matches_the_viewport_and_does_not_change_the_page()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, LongPage);
        var width = (await page.EvaluateAsync("innerWidth"))!.GetValue<int>();
        var height = (await page.EvaluateAsync("innerHeight"))!.GetValue<int>();
        var before = (await page.EvaluateAsync(PageStateScript))!.GetValue<string>();
        var inspection = await emulator.InspectAsync(page.Id);

        var png = await TakeAsync(page);
        var highQuality = await TakeAsync(page, new { format = "jpeg", quality = 95 });
        var lowQuality = await TakeAsync(page, new { format = "jpeg", quality = 5 });
        var full = await TakeAsync(page, new { full_page = true });

        Assert.Equal(new ImageInfo("png", width, height), ImageInfo.Parse(png));
        Assert.Equal(new ImageInfo("jpeg", width, height), ImageInfo.Parse(highQuality));
        Assert.True(lowQuality.Length < highQuality.Length / 2);
        Assert.Equal(new ImageInfo("png", width, 3000), ImageInfo.Parse(full));
        var after = await emulator.InspectAsync(page.Id);
        Assert.Equal(inspection.GetProperty("cdp").GetRawText(), after.GetProperty("cdp").GetRawText());
        Assert.Equal(1, after.GetProperty("cdp_connections").GetInt32());
        Assert.Equal(before, (await page.EvaluateAsync(PageStateScript))!.GetValue<string>());
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_screenshot_uses_and_keeps_the_viewport_set_by_the_client()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, LongPage);
        await page.CallAsync("Emulation.setDeviceMetricsOverride", new { width = 801, height = 602, deviceScaleFactor = 2, mobile = false });
        await page.WaitUntilTrueAsync("innerWidth == 801 && devicePixelRatio == 2");
        var before = (await page.EvaluateAsync(PageStateScript))!.GetValue<string>();

        Assert.Equal(new ImageInfo("png", 801, 602), ImageInfo.Parse(await TakeAsync(page)));
        Assert.Equal(new ImageInfo("jpeg", 801, 3000), ImageInfo.Parse(await TakeAsync(page, new { format = "jpeg", full_page = true })));

        Assert.Equal(before, (await page.EvaluateAsync(PageStateScript))!.GetValue<string>());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Needs", "Chrome")]
    public async Task A_screenshot_of_a_crashed_page_fails_at_once_until_the_page_navigates(bool isFullPage)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Browsers:ScreenshotTimeoutSeconds=3600");
        await using var page = await SessionWithPage.OpenAsync(emulator, LongPage);
        await page.CrashAsync();

        var refused = await PostAsync(page, new { full_page = isFullPage });
        Assert.Equal("browser_unavailable", await CodeAsync(refused, HttpStatusCode.BadGateway));
        Assert.Contains("The page has crashed", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        await page.SetContentAsync(LongPage);
        Assert.NotEmpty(await TakeAsync(page, new { full_page = isFullPage }));
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_screenshot_of_a_page_that_shows_a_dialog_fails_at_once_and_one_of_a_paused_page_does_not(string path)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Browsers:ScreenshotTimeoutSeconds=3600", $"Browsers:Path={path}");
        await using var page = await SessionWithPage.OpenAsync(emulator, LongPage);
        await page.CallAsync("Page.enable");
        await page.EvaluateAsync("setTimeout(() => answer = confirm('Sure?')); 1");

        var refused = await Eventually.GetAsync(() => PostAsync(page, new { full_page = true }), response => response.StatusCode is HttpStatusCode.BadGateway);
        Assert.Contains("blocked by a dialog", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await page.CallAsync("Page.handleJavaScriptDialog", new { accept = true });
        await page.WaitUntilTrueAsync("self.answer");

        await page.CallAsync("Debugger.enable");
        await page.EvaluateAsync("setTimeout(() => { isPaused = true; debugger; isPaused = false; }); 1");
        await Eventually.GetAsync(IsPausedAsync, isPaused => isPaused);
        Assert.NotEmpty(await TakeAsync(page, new { full_page = false }));
        Assert.NotEmpty(await TakeAsync(page, new { full_page = true }));
        Assert.True(await IsPausedAsync());
        await page.CallAsync("Debugger.resume");
        await Eventually.GetAsync(IsPausedAsync, isPaused => !isPaused);

        // A paused page settles no promise, so this awaits none.
        async Task<bool> IsPausedAsync() => (await page.CallAsync("Runtime.evaluate", new { expression = "self.isPaused === true" }))["result"]!["value"]!.GetValue<bool>();
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Sixty_screenshots_per_minute_are_allowed_for_each_session()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await using var other = await SessionWithPage.OpenAsync(emulator);
        await emulator.FreezeAsync();
        await TakeAsync(page);
        await emulator.AdvanceAsync(20);
        for (var taken = 1; taken < 60; taken++) await TakeAsync(page);

        var refused = await PostAsync(page);
        Assert.Equal("rate_limited", await CodeAsync(refused, HttpStatusCode.TooManyRequests));
        Assert.Equal(TimeSpan.FromSeconds(40), refused.Headers.RetryAfter!.Delta);

        for (var taken = 0; taken < 60; taken++) await TakeAsync(other);
        Assert.Equal(TimeSpan.FromSeconds(60), (await PostAsync(other)).Headers.RetryAfter!.Delta);

        await emulator.AdvanceAsync(60);
        await TakeAsync(page);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_frozen_page_a_closed_page_and_a_closed_browser_are_handled()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Browsers:ScreenshotTimeoutSeconds=2");
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await page.EvaluateAsync("void setTimeout(() => { for (;;); })");
        foreach (var full in new[] { true, false })
            Assert.Equal("browser_unavailable", await CodeAsync(await PostAsync(page, new { full_page = full }), HttpStatusCode.BadGateway));

        foreach (var target in (await page.Client.CallAsync("Target.getTargets"))["targetInfos"]!.AsArray())
            await page.Client.CallAsync("Target.closeTarget", new { targetId = target!["targetId"]!.GetValue<string>() });
        var none = await Eventually.GetAsync(() => PostAsync(page), answer => answer.StatusCode == HttpStatusCode.Conflict);
        Assert.Equal("no_page", await CodeAsync(none, HttpStatusCode.Conflict));

        await page.Client.CallAsync("Browser.close");
        using var again = await Eventually.GetAsync(() => PostAsync(page), answer => answer.IsSuccessStatusCode);
        Assert.Equal("png", ImageInfo.Parse(await again.Content.ReadAsByteArrayAsync()).Format);
    }

    [Fact]
    public async Task A_session_without_a_browser_returns_the_reason()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=60");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();
        Assert.Equal("session_not_ready", await CodeAsync(await PostAsync(client, id), HttpStatusCode.Conflict));
        await emulator.AdvanceAsync(60);
        Assert.Equal("session_not_provisioned", await CodeAsync(await PostAsync(client, id), HttpStatusCode.Conflict));
        await client.DeleteAsync($"/v1/sessions/{id}");
        Assert.Equal("session_not_open", await CodeAsync(await PostAsync(client, id), HttpStatusCode.Conflict));

        using var another = emulator.CreateClient("cha_test_another");
        Assert.Equal("session_not_found", await CodeAsync(await PostAsync(another, id), HttpStatusCode.NotFound));
        Assert.Equal("session_not_found", await CodeAsync(await PostAsync(client, "sess_none"), HttpStatusCode.NotFound));
        using var nobody = emulator.CreateClient(null);
        Assert.Equal("unauthorized", await CodeAsync(await PostAsync(nobody, id), HttpStatusCode.Unauthorized));
    }

    [Theory]
    [InlineData("""{"format":"gif"}""", "format must be png or jpeg.")]
    [InlineData("""{"format":1}""", "format must be png or jpeg.")]
    [InlineData("""{"full_page":"yes"}""", "full_page must be true or false.")]
    [InlineData("""{"format":"jpeg","quality":101}""", "quality must be an integer from 1 to 100.")]
    [InlineData("""{"format":"jpeg","quality":0}""", "quality must be an integer from 1 to 100.")]
    [InlineData("""{"quality":101}""", "quality must be an integer from 1 to 100.")]
    public async Task An_invalid_field_returns_400_with_the_allowed_values(string body, string message)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();

        using var answer = await client.PostAsync($"/v1/sessions/{id}/screenshot", new StringContent(body, null, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(message, (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").Text("message"));
    }

    private static async Task<byte[]> TakeAsync(SessionWithPage page, object? body = null)
    {
        using var answer = await PostAsync(page, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var image = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal($"image/{ImageInfo.Parse(image).Format}", answer.Content.Headers.ContentType!.MediaType);
        return image;
    }

    private static Task<HttpResponseMessage> PostAsync(SessionWithPage page, object? body = null) => PostAsync(page.Http, page.Id, body);

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string id, object? body = null) =>
        client.PostAsync($"/v1/sessions/{id}/screenshot", body is null ? null : JsonContent.Create(body));

    private static async Task<string?> CodeAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.Equal(status, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").Text("code");
    }
}
