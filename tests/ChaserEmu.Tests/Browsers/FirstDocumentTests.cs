using System.Text.Json.Nodes;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

/// <summary>The first request and the first script of new pages and workers.</summary>
[Trait("Needs", "Chrome")]
public sealed class FirstDocumentTests
{
    /// <summary>How a client or a page opens a page with a URL. The first is <c>Target.createTarget</c>.</summary>
    private static readonly string[] Ways =
    [
        "",
        "open(location.href)",
        "open(location.href.replace('127.0.0.1', 'localhost'))",
        "open(location.href, '_blank', 'noopener')",
        "document.body.append(Object.assign(document.createElement('a'), { href: location.href, target: '_blank' })); document.querySelector('a:last-of-type').click()",
    ];

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task A_page_opened_with_a_URL_has_the_device_in_its_first_request_and_its_first_script(string path)
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var opener = Assert.Single(await client.AttachToPagesAsync());
        await client.NavigateAsync(opener, site.Url);

        foreach (var way in Ways)
        {
            for (var i = 0; i < 2; i++)
            {
                var known = await GetPagesAsync(client);
                if (way.Length == 0)
                {
                    // The tunnel does this when a client sends the command.
                    await browser.PrepareStartAsync(TargetStart.Create, CancellationToken.None);
                    await client.CallAsync("Target.createTarget", new { url = site.Url });
                }
                else
                {
                    await client.EvaluateAsync(opener, $"{{ {way} }}; 1");
                }

                var opened = await Eventually.GetAsync(() => GetPagesAsync(client), pages => pages.Length > known.Length);
                var target = Assert.Single(opened.Except(known));
                var page = await client.AttachAsync(target);
                var first = await Eventually.GetAsync(() => client.EvaluateAsync(page, "document.querySelector('pre') && self.first"), value => value is not null);

                Assert.Equal("5,true,412,2.625,true", first!.GetValue<string>());
                var headers = (await client.EvaluateAsync(page, "document.querySelector('pre').textContent"))!.GetValue<string>().Split('\n');
                Assert.Contains("sec-ch-ua-mobile: ?1", headers);
                Assert.Contains("sec-ch-ua-platform: \"Android\"", headers);
                Assert.Contains("sec-ch-ua: \"Google Chrome\";v=\"137\", \"Chromium\";v=\"137\", \"Not/A)Brand\";v=\"24\"", headers);
                await client.CallAsync("Target.closeTarget", new { targetId = target });
                await Eventually.GetAsync(() => GetPagesAsync(client), pages => !pages.Contains(target));
            }
        }
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task A_frame_of_another_site_has_touch_and_client_hints_in_its_first_script(string path)
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var page = Assert.Single(await client.AttachToPagesAsync());
        await client.NavigateAsync(page, site.Url);
        var frame = site.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        await client.EvaluateAsync(page, $"new Promise(done => document.body.append(Object.assign(document.createElement('iframe'), {{ src: '{frame}', onload: () => done(1) }})))");

        var target = Assert.Single(await GetTargetsAsync(client, "iframe"));

        Assert.Equal("5,true,true", (await client.EvaluateAsync(await client.AttachAsync(target), "first.split(',').toSpliced(2, 2).join()"))!.GetValue<string>());
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task A_shared_worker_and_a_service_worker_have_the_device_in_their_first_script(string path)
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var page = Assert.Single(await client.AttachToPagesAsync());
        await client.NavigateAsync(page, site.Url);

        Assert.Equal("Android true undefined", (await client.EvaluateAsync(page, SharedWorker))!.GetValue<string>());
        Assert.Equal("Android true undefined", (await client.EvaluateAsync(page, ServiceWorker))!.GetValue<string>());
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task Workers_and_worklets_of_a_page_and_of_its_frames_start(string path)
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var page = Assert.Single(await client.AttachToPagesAsync());
        await client.NavigateAsync(page, site.Url);
        const string Start = """
            new Promise(done => new Worker(URL.createObjectURL(new Blob(['postMessage(navigator.userAgentData.platform)']))).onmessage = message => done(message.data))
            """;

        Assert.Equal("Android", (await client.EvaluateAsync(page, Start))!.GetValue<string>());
        await client.EvaluateAsync(page, "new OfflineAudioContext(1, 1, 44100).audioWorklet.addModule(URL.createObjectURL(new Blob([''], { type: 'text/javascript' })))");
        var frame = site.Url.Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
        await client.EvaluateAsync(page, $"new Promise(done => document.body.append(Object.assign(document.createElement('iframe'), {{ src: '{frame}', onload: () => done(1) }})))");
        var frameSession = await client.AttachAsync(Assert.Single(await GetTargetsAsync(client, "iframe")));
        Assert.Equal("Android", (await client.EvaluateAsync(frameSession, Start))!.GetValue<string>());
    }

    [Fact]
    public async Task A_new_page_of_a_context_that_a_client_created_is_not_kept_waiting()
    {
        await using var site = new HeaderEchoSite();
        await using var pool = TestBrowsers.CreatePool();
        await using var browser = await pool.TakeAsync();
        await using var client = await DevToolsClient.ConnectAsync((await browser.ConnectAsync(CancellationToken.None)).Address);
        var context = (await client.CallAsync("Target.createBrowserContext"))["browserContextId"]!.GetValue<string>();
        var opener = await client.OpenPageAsync(site.Url, context);
        await Eventually.GetAsync(() => client.EvaluateAsync(opener, "document.querySelector('pre') && self.first"), value => value is not null);

        var known = await GetPagesAsync(client);
        await client.EvaluateAsync(opener, "popup = open(location.href); 1");
        await Eventually.GetAsync(() => client.EvaluateAsync(opener, "popup.first"), value => value is not null);
        Assert.Equal("undefined", (await client.EvaluateAsync(opener, SharedWorker))!.GetValue<string>().Split(' ')[^1]);
        Assert.Equal(known.Length + 1, (await GetPagesAsync(client)).Length);
    }

    internal static string SharedWorker => "new Promise(done => { const { port } = new SharedWorker('/worker.js'); port.onmessage = message => done(message.data); })";

    internal static string ServiceWorker => """
        (async () => {
            const { installing: worker } = await navigator.serviceWorker.register('/worker.js');
            await navigator.serviceWorker.ready;
            const channel = new MessageChannel();
            worker.postMessage(0, [channel.port2]);
            return await new Promise(done => channel.port1.onmessage = message => done(message.data));
        })()
        """;

    private static Task<string[]> GetPagesAsync(DevToolsClient client) => GetTargetsAsync(client, "page");

    private static async Task<string[]> GetTargetsAsync(DevToolsClient client, string ofType) =>
        [.. (await client.CallAsync("Target.getTargets"))["targetInfos"]!.AsArray().Where(target => target!["type"]!.GetValue<string>() == ofType).Select(target => target!["targetId"]!.GetValue<string>())];
}
