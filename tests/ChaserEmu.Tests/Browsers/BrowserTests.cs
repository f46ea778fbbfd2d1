using System.Diagnostics;
using System.Net.NetworkInformation;
using ChaserEmu.Browsers;
using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Browsers;

[Trait("Needs", "Chrome")]
public sealed class BrowserTests
{
    [Fact]
    public async Task An_ended_browser_leaves_no_process_no_folder_and_no_port()
    {
        await using var pool = TestBrowsers.CreatePool();
        var browser = await pool.TakeAsync();
        var profile = browser.GetProfilePath();
        var port = (await browser.ConnectAsync(CancellationToken.None)).Address.Port;
        Assert.True(Directory.Exists(profile));
        Assert.Contains(port, ListeningPorts());

        await browser.DisposeAsync();
        await browser.DisposeAsync();

        Assert.Null(browser.ProcessId);
        Assert.Empty(TestBrowsers.FindProcessesMentioning(profile));
        Assert.False(Directory.Exists(profile));
        Assert.DoesNotContain(port, ListeningPorts());
        Assert.False(browser.Crashed.IsCompleted);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => browser.ConnectAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Two_browsers_have_separate_profiles_and_ports()
    {
        await using var pool = TestBrowsers.CreatePool();
        await using var one = await pool.TakeAsync();
        await using var other = await pool.TakeAsync();

        Assert.NotEqual(one.GetProfilePath(), other.GetProfilePath());
        Assert.NotEqual(await one.ConnectAsync(CancellationToken.None), await other.ConnectAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_killed_browser_reports_a_crash()
    {
        await using var pool = TestBrowsers.CreatePool();
        await using var browser = await pool.TakeAsync();

        Process.GetProcessById(browser.ProcessId!.Value).Kill();

        await browser.Crashed.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Null(browser.ProcessId);
        await Assert.ThrowsAsync<BrowserUnavailableException>(() => browser.ConnectAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_browser_closed_by_its_client_restarts_with_its_profile_and_reports_no_crash()
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool();
        await using var browser = await pool.TakeAsync();
        var profile = browser.GetProfilePath();

        // About one browser in a hundred crashes while it closes, and loses what it had not written yet.
        var kept = false;
        for (var attempt = 0; attempt < 3 && !kept; attempt++) kept = await CloseAsync();
        Assert.True(kept);

        async Task<bool> CloseAsync()
        {
            var before = await browser.ConnectAsync(CancellationToken.None);
            await using (var client = await DevToolsClient.ConnectAsync(before.Address))
            {
                await client.CallAsync("Storage.setCookies", new
                {
                    cookies = new[] { new { name = "kept", value = "yes", url = site.Url, expires = 4102444800.0 } },
                });

                // The tunnel calls this when it reads Browser.close.
                browser.ExpectClose();
                await client.CallAsync("Browser.close");
                await client.WaitForCloseAsync();
            }

            var ports = await Task.WhenAll(browser.ConnectAsync(CancellationToken.None), browser.ConnectAsync(CancellationToken.None));

            Assert.Same(ports[0], ports[1]);
            Assert.NotEqual(before.Address, ports[0].Address);
            Assert.Equal(profile, browser.GetProfilePath());
            Assert.False(browser.Crashed.IsCompleted);
            await using var again = await DevToolsClient.ConnectAsync(ports[0].Address);
            var page = Assert.Single(await again.AttachToPagesAsync());
            await again.NavigateAsync(page, site.Url);
            Assert.Equal(TestBrowsers.TestDevice.UserAgent, (await again.EvaluateAsync(page, "navigator.userAgent"))!.GetValue<string>());
            return (await again.EvaluateAsync(page, "document.cookie"))!.GetValue<string>() == "kept=yes";
        }
    }

    [Fact]
    public async Task A_browser_has_no_network_until_it_is_handed_out_and_is_metered_afterwards()
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool();
        await using var browser = await pool.TakeAsync();
        Assert.Equal(0, browser.EgressMeter.Read().Total);
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);

        await client.NavigateAsync(Assert.Single(await client.AttachToPagesAsync()), site.Url);

        Assert.True(browser.EgressMeter.Read().Down > 0);
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task A_page_supports_WebGL_with_5000_textures(string path)
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);

        Assert.Equal(5000, (await client.EvaluateAsync(Assert.Single(await client.AttachToPagesAsync()), """
            (() => {
                const gl = document.createElement('canvas').getContext('webgl2'), pixel = new Uint8Array(4), textures = [];
                for (let i = 0; i < 5000; i++) {
                    gl.bindTexture(gl.TEXTURE_2D, textures[i] = gl.createTexture());
                    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array([i, i >> 8, 1, 255]));
                }
                gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
                return textures.filter((texture, i) => {
                    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
                    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
                    return pixel[0] === (i & 255) && pixel[1] === i >> 8;
                }).length;
            })()
            """))!.GetValue<int>());
    }

    [Theory]
    [InlineData("0A1B", "/devtools/page/0A1B")]
    [InlineData("x HTTP/1.1\r\nHost: evil", "/devtools/page/x%20HTTP%2F1.1%0D%0AHost%3A%20evil")]
    [InlineData("../browser/x", "/devtools/page/..%2Fbrowser%2Fx")]
    public void A_target_of_a_client_cannot_change_the_request_to_the_browser(string target, string path) => Assert.Equal(path, LocalBrowser.GetPath(target));

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_crash_of_the_graphics_process_does_not_end_the_browser(string path)
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var page = Assert.Single(await client.AttachToPagesAsync());
        const string HasWebGL = "!!document.createElement('canvas').getContext('webgl')";
        Assert.True((await client.EvaluateAsync(page, HasWebGL))!.GetValue<bool>());

        await client.CallAsync("Browser.crashGpuProcess");

        await Eventually.GetAsync(() => client.EvaluateAsync(page, HasWebGL), hasWebGL => hasWebGL!.GetValue<bool>());
        Assert.False(browser.Crashed.IsCompleted);
    }

    [FactOnUnix]
    public async Task A_client_waits_until_device_emulation_is_applied_and_later_clients_do_not()
    {
        // The emulator's calls: the first attaches, five set the device, the seventh asks whether it is set, and the eighth comes with the client.
        var script = TestBrowsers.WriteAttachingFakeBrowser("""
            printf '{"method":"Target.attachedToTarget","params":{"sessionId":"s","waitingForDebugger":false,"targetInfo":{"targetId":"t","type":"page","browserContextId":"c"}}}\000' >&4
            until [ -e "$0.go" ]; do sleep 0.01; done
            printf '{"id":7,"result":{}}\000{"id":8,"result":{}}\000' >&4
            exec sleep 1000
            """);
        await using var pool = TestBrowsers.CreatePool(o => o.Path = script);
        await using var browser = await pool.TakeAsync();
        var early = browser.EnsureRunningAsync(CancellationToken.None).AsTask();
        Assert.False(early.IsCompleted);

        await File.WriteAllTextAsync($"{script}.go", "");
        await early.WaitAsync(TimeSpan.FromSeconds(60));
        await Eventually.IsTrueAsync(() => browser.EnsureRunningAsync(CancellationToken.None).AsTask().IsCompletedSuccessfully);
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    private static IEnumerable<int> ListeningPorts() =>
        IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(endpoint => endpoint.Port);
}
