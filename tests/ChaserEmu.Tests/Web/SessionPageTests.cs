using System.Net;
using ChaserEmu.Tests.Sessions;
using Microsoft.Playwright;

namespace ChaserEmu.Tests.Web;

public sealed class SessionPageTests
{
    private const string Page =
        """
        <meta name=viewport content=width=device-width>
        <body style="margin:0;background:rgb(20,120,220);font:20px sans-serif">
        <h1 style="color:white;margin:20px">The session's own page</h1>
        <button id=button style="position:absolute;left:40px;top:200px;width:200px;height:80px;font-size:24px" onclick="this.textContent = event.isTrusted ? 'Pressed' : 'Faked'">Press me</button>
        <input id=field style="position:absolute;left:40px;top:320px;width:200px;height:40px">
        <div style="height:3000px"></div>
        <script>
          const seen = [];
          for (const type of ['touchstart', 'wheel', 'click'])
            addEventListener(type, e => seen.push([type, e.isTrusted, e.target.id ?? ''].join(' ')), { passive: true });
        </script>
        """;

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task The_page_shows_the_session_accepts_input_survives_a_reload_and_shows_the_ended_reason()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Egress:AllowEmulator=true");
        await using var session = await SessionWithPage.OpenAsync(emulator, Page);
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var viewer = await http.CreateReadySessionAsync();
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.ConnectOverCDPAsync(viewer.Text("cdp_url")!);
        var dashboard = browser.Contexts[0].Pages[0];
        var errors = new List<string>();
        dashboard.Console += (_, message) => { if (message.Type is "error") errors.Add(message.Text); };
        await dashboard.SetViewportSizeAsync(900, 900);

        await dashboard.GotoAsync(new Uri(emulator.Address, $"/dashboard/sessions/{session.Id}").ToString());
        await WaitUntilShownAsync(dashboard);
        Assert.Equal("ready", await dashboard.TextContentAsync("#status"));
        Assert.StartsWith("Android 10", await dashboard.TextContentAsync("#device"), StringComparison.Ordinal);

        // The keyboard can pass the live view, and leave it.
        const string IsFocused = "document.activeElement.id == 'view'";
        await dashboard.FocusAsync("#view");
        await dashboard.Keyboard.PressAsync("Tab");
        Assert.False(await dashboard.EvaluateAsync<bool>(IsFocused));
        await dashboard.FocusAsync("#view");
        await dashboard.Keyboard.PressAsync("Enter");
        await dashboard.Keyboard.PressAsync("Tab");
        Assert.True(await dashboard.EvaluateAsync<bool>(IsFocused));
        await session.WaitUntilTrueAsync("document.activeElement.id == 'button'");
        await dashboard.Keyboard.PressAsync("Escape");
        await dashboard.Keyboard.PressAsync("Tab");
        Assert.False(await dashboard.EvaluateAsync<bool>(IsFocused));

        await ClickAsync(dashboard, session, x: 140, y: 240);
        await session.WaitUntilTrueAsync("document.getElementById('button').textContent == 'Pressed'");
        await ClickAsync(dashboard, session, x: 140, y: 340);
        await dashboard.Keyboard.TypeAsync("Hello");
        await session.WaitUntilTrueAsync("document.getElementById('field').value == 'Hello'");

        await dashboard.ReloadAsync();
        await WaitUntilShownAsync(dashboard);
        var screenshot = Path.Combine(AppContext.BaseDirectory, "live-view.png");
        await dashboard.ScreenshotAsync(new() { Path = screenshot });
        Assert.True(new FileInfo(screenshot).Length > 0);

        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync($"/v1/sessions/{session.Id}")).StatusCode);
        await Assertions.Expect(dashboard.Locator("#message")).ToHaveTextAsync("Session ended: client_delete");
        await dashboard.ReloadAsync();
        await Assertions.Expect(dashboard.Locator("#message")).ToHaveTextAsync("Session ended: client_delete");
        await Assertions.Expect(dashboard.Locator("#status")).ToHaveTextAsync("closed");
        Assert.Empty(errors);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Wheel_tap_and_swipe_input_reaches_the_page_as_trusted_events()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Egress:AllowEmulator=true");
        await using var session = await SessionWithPage.OpenAsync(emulator, Page);
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var viewer = await http.CreateReadySessionAsync();
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.ConnectOverCDPAsync(viewer.Text("cdp_url")!);
        var dashboard = browser.Contexts[0].Pages[0];
        await dashboard.SetViewportSizeAsync(900, 900);
        await dashboard.GotoAsync(new Uri(emulator.Address, $"/dashboard/sessions/{session.Id}").ToString());
        await WaitUntilShownAsync(dashboard);
        var button = await ToCanvasAsync(dashboard, session, x: 140, y: 240);

        var touch = await dashboard.Context.NewCDPSessionAsync(dashboard);
        await TouchAsync(touch, "touchStart", button);
        await TouchAsync(touch, "touchEnd", null);
        await session.WaitUntilTrueAsync("seen.includes('touchstart true button') && seen.filter(s => s == 'click true button').length == 1");
        Assert.Equal("Pressed", (await session.EvaluateAsync("document.getElementById('button').textContent"))!.GetValue<string>());

        await dashboard.Mouse.MoveAsync(button.X, button.Y);
        await dashboard.Mouse.WheelAsync(0, 300);
        await session.WaitUntilTrueAsync("seen.some(s => s.startsWith('wheel true')) && scrollY > 0");

        // A finger that moves down scrolls the page back to its top, and does not tap.
        await TouchAsync(touch, "touchStart", button);
        var y = button.Y;
        await Eventually.GetAsync(
            async () =>
            {
                await TouchAsync(touch, "touchMove", (button.X, y += 10));
                return (await session.EvaluateAsync("scrollY"))!.GetValue<double>();
            },
            scrolled => scrolled == 0);
        await TouchAsync(touch, "touchEnd", null);
        await ClickAsync(dashboard, session, x: 140, y: 240);
        await session.WaitUntilTrueAsync("seen.filter(s => s == 'click true button').length == 2");
        Assert.Equal(1, (await session.EvaluateAsync("seen.filter(s => s.startsWith('touchstart')).length"))!.GetValue<int>());
    }

    [Fact]
    public async Task The_page_has_a_strict_CSP_and_an_unknown_session_is_not_found()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();

        using var page = await client.GetAsync($"/dashboard/sessions/{id}");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var policy = Assert.Single(page.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'self'", policy, StringComparison.Ordinal);
        Assert.Equal("""{"status":"ready","device":""", (await client.GetStringAsync($"/dashboard/sessions/{id}/state"))[..27]);
        Assert.EndsWith("\"stream\":null}", await client.GetStringAsync($"/dashboard/sessions/{id}/state"), StringComparison.Ordinal);

        foreach (var path in (string[])["", "/state"])
        {
            using var unknown = await client.GetAsync($"/dashboard/sessions/sess_none{path}");
            Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        }
    }

    /// <summary>Waits until the canvas shows the blue background of the session's page.</summary>
    private static Task<IJSHandle> WaitUntilShownAsync(IPage dashboard) => dashboard.WaitForFunctionAsync(
        """
        () => {
            const canvas = document.getElementById('view');
            const [red, green, blue] = canvas.getContext('2d').getImageData(canvas.width - 10, canvas.height - 10, 1, 1).data;
            return !canvas.hidden && Math.abs(red - 20) < 10 && Math.abs(green - 120) < 10 && Math.abs(blue - 220) < 10;
        }
        """);

    private static async Task ClickAsync(IPage dashboard, SessionWithPage session, float x, float y)
    {
        var at = await ToCanvasAsync(dashboard, session, x, y);
        await dashboard.Mouse.ClickAsync(at.X, at.Y);
    }

    /// <summary>Converts a point of the session's page to a point on the canvas.</summary>
    private static async Task<(float X, float Y)> ToCanvasAsync(IPage dashboard, SessionWithPage session, float x, float y)
    {
        var box = (await dashboard.Locator("#view").BoundingBoxAsync())!;
        var width = (await session.EvaluateAsync("innerWidth"))!.GetValue<float>();
        return (box.X + x * box.Width / width, box.Y + y * box.Width / width);
    }

    private static Task TouchAsync(ICDPSession touch, string type, (float X, float Y)? at) => touch.SendAsync(
        "Input.dispatchTouchEvent",
        new() { ["type"] = type, ["touchPoints"] = at is { } point ? new[] { new { x = point.X, y = point.Y } } : [] });
}
