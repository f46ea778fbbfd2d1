using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ChaserEmu.Tests.Api;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Sessions;

namespace ChaserEmu.Tests.Gateway;

[Trait("Needs", "Chrome")]
public sealed class LiveViewTests
{
    private const string Phone = "<meta name=viewport content=width=device-width>";

    private const string Form =
        """
        <form onsubmit="seen.push('submit'); return false"><input id=field style="display:block;width:200px;height:50px"></form>
        <button id=button style="width:200px;height:60px">Press</button>
        <div style="height:3000px"></div>
        <script>
          const seen = [];
          for (const type of ['click', 'touchstart', 'wheel', 'keydown', 'mousemove', 'contextmenu'])
            addEventListener(type, e => seen.push([type, e.isTrusted, e.target.id ?? '', e.key ?? e.button ?? ''].join(' ')));
          const center = id => { const r = document.getElementById(id).getBoundingClientRect(); return { x: r.x + r.width / 2, y: r.y + r.height / 2 }; };
        </script>
        """;

    [Fact]
    public async Task A_static_page_is_sent_at_once_and_the_last_change_is_never_lost()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, Phone + "<body>");
        using var viewer = await LiveViewClient.OpenAsync(page.Http, page.Id);

        var viewport = await viewer.ReceiveAsync();
        Assert.Equal(WebSocketMessageType.Text, viewport.Type);
        var (width, height) = ((await page.EvaluateAsync("innerWidth"))!.GetValue<int>(), (await page.EvaluateAsync("innerHeight"))!.GetValue<int>());
        Assert.Equal($$"""{"type":"viewport","width":{{width}},"height":{{height}}}""", Encoding.UTF8.GetString(viewport.Data));
        var still = await viewer.ReceiveFrameAsync();
        Assert.Equal("jpeg", ImageInfo.Parse(still).Format);

        // Many more changes than frames. The last one restores the first picture.
        await page.EvaluateAsync(
            "new Promise(done => { let n = 0; const next = () => { document.body.style.background = ++n == 100 ? '' : `hsl(${n * 40} 90% 50%)`; n == 100 ? done(1) : requestAnimationFrame(next); }; next(); })");
        await Eventually.GetAsync(viewer.ReceiveFrameAsync, frame => frame.AsSpan().SequenceEqual(still));
    }

    [Fact]
    public async Task A_changing_page_is_sent_at_most_five_times_per_second()
    {
        const int Frames = 12;
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, Phone + "<body>");
        using var viewer = await LiveViewClient.OpenAsync(page.Http, page.Id);
        await viewer.ReceiveFrameAsync();

        // Measured from before the first change until the last frame has arrived, so a slow machine cannot fail the test.
        var began = TimeProvider.System.GetTimestamp();
        await page.EvaluateAsync("{ let n = 0; const next = () => { document.body.style.background = `hsl(${n++ * 40} 90% 50%)`; requestAnimationFrame(next); }; next(); }");
        for (var frame = 0; frame < Frames; frame++) await viewer.ReceiveFrameAsync();

        // 200 ms between two frames, less 5 ms, because timers may fire early. The first frame may be older than the change.
        var least = TimeSpan.FromMilliseconds((Frames - 2) * 195);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= least, $"{Frames} frames came within {TimeProvider.System.GetElapsedTime(began)}.");
    }

    [Fact]
    public async Task The_view_follows_navigation_resize_and_a_change_of_page()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator, Phone + "<body style='background:red'>");
        using var viewer = await LiveViewClient.OpenAsync(page.Http, page.Id);
        var first = await viewer.ReceiveFrameAsync();

        await page.CallAsync("Page.navigate", new { url = site.Url });
        await Eventually.GetAsync(viewer.ReceiveFrameAsync, frame => !frame.AsSpan().SequenceEqual(first));

        await page.CallAsync("Emulation.setDeviceMetricsOverride", new { width = 801, height = 602, deviceScaleFactor = 1, mobile = false });
        Assert.Equal(801, (await viewer.ReceiveTextAsync("viewport")).GetProperty("width").GetDouble());

        var second = await page.Client.OpenPageAsync();
        await page.Client.WaitForDeviceAsync(second);
        await page.Client.CallAsync("Emulation.setDeviceMetricsOverride", new { width = 555, height = 444, deviceScaleFactor = 1, mobile = false }, second);
        Assert.Equal(555, (await page.Client.EvaluateAsync(second, "innerWidth"))!.GetValue<int>());
        await page.CallAsync("Page.close");
        await Eventually.GetAsync(() => viewer.ReceiveTextAsync("viewport"), viewport => viewport.GetProperty("width").GetDouble() == 555);
    }

    [Fact]
    public async Task The_view_shows_the_tab_in_front_and_lists_switches_and_navigates_tabs()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator, "<title>One</title>");
        using var viewer = await LiveViewClient.OpenAsync(page.Http, page.Id);
        var (tabs, width) = (Array.Empty<Tab>(), 0.0);
        await page.CallAsync("Emulation.setDeviceMetricsOverride", Size(801));
        await viewer.SendAsync(new { type = "tabs" });
        await WaitUntilAsync(() => width == 801 && tabs is [{ Title: "One", Front: true }]);

        // A new tab comes to the front.
        var second = await page.Client.OpenPageAsync();
        await page.Client.WaitForDeviceAsync(second);
        await page.Client.CallAsync("Emulation.setDeviceMetricsOverride", Size(555), second);
        await WaitUntilAsync(() => width == 555 && tabs is [{ Front: false }, { Front: true }]);
        var (one, two) = (tabs[0].Id, tabs[1].Id);

        // Clients switch tabs over a page or over the browser, and so do viewers.
        await page.CallAsync("Page.bringToFront");
        await WaitUntilAsync(() => width == 801);
        await page.Client.CallAsync("Target.activateTarget", new { targetId = two });
        await WaitUntilAsync(() => width == 555);
        await viewer.SendAsync(new { type = "activate", tab = one });

        // Input waits until the tab in front is shown.
        await viewer.SendAsync(new { type = "navigate", url = site.Url });
        await WaitUntilAsync(() => width == 801 && tabs is [{ Front: true, Url: var url }, { Front: false }] && url == site.Url);

        // Behind a tab that closes is the one that was in front before.
        await page.CallAsync("Page.close");
        await WaitUntilAsync(() => width == 555 && tabs is [{ Front: true }]);

        static object Size(int width) => new { width, height = 444, deviceScaleFactor = 1, mobile = false };

        async Task WaitUntilAsync(Func<bool> isReached)
        {
            while (!isReached())
            {
                if (await viewer.ReceiveAsync() is not { Type: WebSocketMessageType.Text, Data: var text }) continue;
                var message = JsonElement.Parse(text);
                if (message.Text("type") == "viewport") width = message.GetProperty("width").GetDouble();
                if (message.Text("type") == "tabs") tabs = [.. message.GetProperty("tabs").EnumerateArray().Select(tab => new Tab(tab.Text("id")!, tab.Text("title")!, tab.Text("url")!, tab.GetProperty("front").GetBoolean()))];
            }
        }
    }

    private sealed record Tab(string Id, string Title, string Url, bool Front);

    [Theory]
    [InlineData(Phone)]
    [InlineData("")]
    public async Task Clicks_taps_the_wheel_and_keys_reach_the_page_as_trusted_events(string head)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, head + Form);
        using var viewer = await LiveViewClient.OpenAsync(page.Http, page.Id);
        await viewer.ReceiveFrameAsync();
        var button = await GetCenterAsync(page, "button");
        var field = await GetCenterAsync(page, "field");

        await viewer.SendAsync(new { type = "click", x = button.X, y = button.Y });
        await page.WaitUntilTrueAsync("seen.includes('click true button 0')");
        await viewer.SendAsync(new { type = "click", x = button.X, y = button.Y, button = "right" });
        await page.WaitUntilTrueAsync("seen.includes('contextmenu true button 2')");
        await viewer.SendAsync(new { type = "tap", x = button.X, y = button.Y });
        await page.WaitUntilTrueAsync("seen.includes('touchstart true button ') && seen.filter(s => s == 'click true button 0').length == 2");

        await viewer.SendAsync(new { type = "click", x = field.X, y = field.Y });
        foreach (var key in (string[])["h", "o", "ü", "Backspace", "Backspace", "i", "!"]) await viewer.SendAsync(new { type = "key", key });
        await page.WaitUntilTrueAsync("document.getElementById('field').value == 'hi!' && seen.includes('keydown true field h')");
        await viewer.SendAsync(new { type = "key", key = "a", modifiers = 2 });
        await viewer.SendAsync(new { type = "key", key = "X", code = "KeyX", modifiers = 8 });
        await viewer.SendAsync(new { type = "key", key = "Enter" });
        await page.WaitUntilTrueAsync("document.getElementById('field').value == 'X' && seen.includes('submit')");

        await viewer.SendAsync(new { type = "wheel", x = button.X, y = button.Y, delta_x = 0, delta_y = 200 });
        await page.WaitUntilTrueAsync("seen.some(s => s.startsWith('wheel true')) && scrollY > 0");
    }

    [Fact]
    public async Task Invalid_input_gets_an_error_and_the_view_continues()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, Phone + Form);
        using var viewer = await LiveViewClient.OpenAsync(page.Http, page.Id);
        await viewer.ReceiveFrameAsync();

        foreach (var (input, message) in new[]
        {
            ("{", "Input must be valid JSON."),
            ("[]", "Input must be a JSON object."),
            ("""{"type":"jump"}""", "type must be click, down, up, move, tap, wheel, key, navigate, tabs or activate."),
            ("""{"type":"click","y":1}""", "x must be a number from -1000000 to 1000000."),
            ("""{"type":"click","x":1e300,"y":1}""", "x must be a number from -1000000 to 1000000."),
            ("""{"type":"click","x":1,"y":1,"button":"fourth"}""", "button must be left, middle or right."),
            ("""{"type":"key","key":""}""", "key must be a string of 1 to 32 characters, as in KeyboardEvent.key."),
            ("""{"type":"key","key":"a","modifiers":16}""", "modifiers must be an integer from 0 to 15."),
            ("""{"type":"navigate","url":"example.com"}""", "url must be an absolute URL of at most 2048 characters, such as https://example.com/."),
            ("""{"type":"navigate","url":"javascript:alert(1)"}""", "url must be an absolute URL of at most 2048 characters, such as https://example.com/."),
            ("""{"type":"activate"}""", "tab must be the id of a tab in the list of tabs."),
            ("""{"type":"activate","tab":"unknown"}""", "This tab is closed."),
            (new string(' ', 10_000), "The message is too long. The limit is 4096 bytes."),
        })
        {
            await viewer.SendAsync(Encoding.UTF8.GetBytes(input));
            Assert.Equal(message, (await viewer.ReceiveTextAsync("error")).Text("message"));
        }

        await viewer.SendAsync([1], WebSocketMessageType.Binary);
        Assert.Equal("Input must be sent as JSON in text messages, not in binary messages.", (await viewer.ReceiveTextAsync("error")).Text("message"));
        var button = await GetCenterAsync(page, "button");
        await viewer.SendAsync(new { type = "click", x = button.X, y = button.Y });
        await page.WaitUntilTrueAsync("seen.includes('click true button 0')");
    }

    [Fact]
    public async Task A_viewer_is_told_of_a_dialog_and_of_a_crash_and_sees_the_page_again_afterwards()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, Phone + "<body>");
        using var viewer = await LiveViewClient.OpenAsync(page.Http, page.Id);
        await viewer.ReceiveFrameAsync();

        await page.CallAsync("Page.enable");
        await page.EvaluateAsync("setTimeout(() => confirm('Sure?')); 1");
        Assert.Contains("blocked by a dialog", (await viewer.ReceiveTextAsync("error")).GetProperty("message").GetString(), StringComparison.Ordinal);
        await page.CallAsync("Page.handleJavaScriptDialog", new { accept = true });
        await viewer.ReceiveFrameAsync();

        await page.CrashAsync();
        Assert.Contains("The page has crashed", (await viewer.ReceiveTextAsync("error")).GetProperty("message").GetString(), StringComparison.Ordinal);
        await viewer.SendAsync(new { type = "click", x = 1, y = 1 });
        Assert.Contains("The page has crashed", (await viewer.ReceiveTextAsync("error")).GetProperty("message").GetString(), StringComparison.Ordinal);
        await page.SetContentAsync(Phone + "<body>");
        await viewer.ReceiveFrameAsync();
    }

    [Fact]
    public async Task A_viewer_does_not_count_as_activity_or_bytes_and_receives_the_ended_reason()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        var page = await SessionWithPage.OpenAsync(emulator, Phone + Form);
        await emulator.FreezeAsync();
        using var viewers = emulator.CreateClient(Emulator.LiveKey);
        using var first = await LiveViewClient.OpenAsync(viewers, page.Id);
        using var second = await LiveViewClient.OpenAsync(viewers, page.Id);
        await first.ReceiveFrameAsync();
        await second.ReceiveFrameAsync();
        await page.DisposeAsync();
        var alone = await Eventually.GetAsync(() => emulator.InspectAsync(page.Id), session => session.GetProperty("cdp_connections").GetInt32() == 0);

        await first.SendAsync(new { type = "click", x = 10, y = 10 });
        await first.SendAsync([], WebSocketMessageType.Binary);
        await first.ReceiveTextAsync("error");
        var watched = await emulator.InspectAsync(page.Id);
        Assert.Equal(alone.GetProperty("cdp").GetRawText(), watched.GetProperty("cdp").GetRawText());
        Assert.Equal(0, watched.GetProperty("cdp_connections").GetInt32());

        var ended = emulator.AdvanceAsync(300);
        await Task.WhenAll(first.WaitForCloseAsync(), second.WaitForCloseAsync());
        Assert.Single(await ended);
        Assert.Equal((WebSocketCloseStatus.EndpointUnavailable, "idle_expired"), (first.CloseStatus, first.CloseReason));
        Assert.Equal("idle_expired", second.CloseReason);
    }

    [Fact]
    public async Task A_viewer_that_never_reads_delays_nobody()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator, Phone + "<body><script>setInterval(() => document.body.style.background = `hsl(${Math.random() * 360} 90% 50%)`, 10)</script>");
        using var silent = await LiveViewClient.OpenAsync(page.Http, page.Id);
        using var reading = await LiveViewClient.OpenAsync(page.Http, page.Id);

        for (var frames = 0; frames < 5; frames++) await reading.ReceiveFrameAsync();
        var deleted = page.Http.DeleteAsync($"/v1/sessions/{page.Id}");
        await reading.WaitForCloseAsync();

        Assert.Equal("client_delete", reading.CloseReason);
        Assert.Equal(HttpStatusCode.NoContent, (await deleted).StatusCode);
    }

    [Fact]
    public async Task Only_a_WebSocket_with_a_valid_token_is_accepted()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await using var other = await SessionWithPage.OpenAsync(emulator);
        using var nobody = emulator.CreateClient(null);
        await emulator.FreezeAsync();
        var address = (await LiveViewClient.CreatePreviewUrlAsync(page.Http, page.Id)).Replace("ws://", "http://", StringComparison.Ordinal);
        var token = address[(address.IndexOf('=', StringComparison.Ordinal) + 1)..];

        Assert.Equal("upgrade_required", await GetErrorCodeAsync(nobody, address, HttpStatusCode.UpgradeRequired));
        Assert.Equal("unauthorized", await GetErrorCodeAsync(nobody, $"/sessions/{page.Id}/preview", HttpStatusCode.Unauthorized));
        Assert.Equal("unauthorized", await GetErrorCodeAsync(nobody, $"/sessions/{page.Id}/preview?token={token[..^1]}{(token[^1] == 'A' ? 'B' : 'A')}", HttpStatusCode.Unauthorized));
        Assert.Equal("unauthorized", await GetErrorCodeAsync(nobody, $"/sessions/{other.Id}/preview?token={token}", HttpStatusCode.Unauthorized));
        Assert.Equal("session_not_found", await GetErrorCodeAsync(nobody, $"/sessions/sess_{Guid.CreateVersion7()}/preview?token={token}", HttpStatusCode.NotFound));
        await emulator.AdvanceAsync(299);
        Assert.Equal("upgrade_required", await GetErrorCodeAsync(nobody, address, HttpStatusCode.UpgradeRequired));
        await emulator.AdvanceAsync(1);
        Assert.Equal("unauthorized", await GetErrorCodeAsync(nobody, address, HttpStatusCode.Unauthorized));
        await page.Http.DeleteAsync($"/v1/sessions/{page.Id}");
        Assert.Equal("session_not_open", await GetErrorCodeAsync(nobody, address, HttpStatusCode.Conflict));
    }

    private static async Task<(double X, double Y)> GetCenterAsync(SessionWithPage page, string id)
    {
        var center = (await page.EvaluateAsync($"center('{id}')"))!;
        return (center["x"]!.GetValue<double>(), center["y"]!.GetValue<double>());
    }

    private static async Task<string?> GetErrorCodeAsync(HttpClient client, string address, HttpStatusCode status)
    {
        using var answer = await client.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute));
        Assert.Equal(status, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").Text("code");
    }
}
