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
        await using var opened = await OpenedSite.OpenAsync(options => options.Path = path);

        foreach (var way in Ways)
        {
            for (var i = 0; i < 2; i++)
            {
                var known = await opened.GetTargetsAsync("page");
                if (way.Length == 0)
                {
                    // The tunnel does this when a client sends the command.
                    await opened.Browser.PrepareStartAsync(TargetStart.Create, CancellationToken.None);
                    await opened.Client.CallAsync("Target.createTarget", new { url = opened.Site.Url });
                }
                else
                {
                    await opened.Client.EvaluateAsync(opened.Page, $"{{ {way} }}; 1");
                }

                var pages = await Eventually.GetAsync(() => opened.GetTargetsAsync("page"), now => now.Length > known.Length);
                var target = Assert.Single(pages.Except(known));
                var page = await opened.Client.AttachAsync(target);
                var first = await Eventually.GetAsync(() => opened.Client.EvaluateAsync(page, "document.querySelector('pre') && self.first"), value => value is not null);

                Assert.Equal("5,true,412,2.625,true", first!.GetValue<string>());
                var headers = (await opened.Client.EvaluateAsync(page, "document.querySelector('pre').textContent"))!.GetValue<string>().Split('\n');
                Assert.Contains("sec-ch-ua-mobile: ?1", headers);
                Assert.Contains("sec-ch-ua-platform: \"Android\"", headers);
                Assert.Contains("sec-ch-ua: \"Google Chrome\";v=\"137\", \"Chromium\";v=\"137\", \"Not/A)Brand\";v=\"24\"", headers);
                await opened.Client.CallAsync("Target.closeTarget", new { targetId = target });
                await Eventually.GetAsync(() => opened.GetTargetsAsync("page"), now => !now.Contains(target));
            }
        }
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task A_frame_of_another_site_has_touch_and_client_hints_in_its_first_script(string path)
    {
        await using var opened = await OpenedSite.OpenAsync(options => options.Path = path);
        await opened.AddForeignFrameAsync();

        var target = Assert.Single(await opened.GetTargetsAsync("iframe"));

        Assert.Equal("5,true,true", (await opened.Client.EvaluateAsync(await opened.Client.AttachAsync(target), "first.split(',').toSpliced(2, 2).join()"))!.GetValue<string>());
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task A_shared_worker_and_a_service_worker_have_the_device_in_their_first_script(string path)
    {
        await using var opened = await OpenedSite.OpenAsync(options => options.Path = path);

        Assert.Equal("Android true undefined", (await opened.Client.EvaluateAsync(opened.Page, SharedWorker))!.GetValue<string>());
        Assert.Equal("Android true undefined", (await opened.Client.EvaluateAsync(opened.Page, ServiceWorker))!.GetValue<string>());
    }

    [Theory]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    public async Task Workers_and_worklets_of_a_page_and_of_its_frames_start(string path)
    {
        await using var opened = await OpenedSite.OpenAsync(options => options.Path = path);
        const string Start = """
            new Promise(done => new Worker(URL.createObjectURL(new Blob(['postMessage(navigator.userAgentData.platform)']))).onmessage = message => done(message.data))
            """;

        Assert.Equal("Android", (await opened.Client.EvaluateAsync(opened.Page, Start))!.GetValue<string>());
        await opened.Client.EvaluateAsync(opened.Page, "new OfflineAudioContext(1, 1, 44100).audioWorklet.addModule(URL.createObjectURL(new Blob([''], { type: 'text/javascript' })))");
        await opened.AddForeignFrameAsync();
        var frameSession = await opened.Client.AttachAsync(Assert.Single(await opened.GetTargetsAsync("iframe")));
        Assert.Equal("Android", (await opened.Client.EvaluateAsync(frameSession, Start))!.GetValue<string>());
    }

    [Fact]
    public async Task A_new_page_of_a_context_that_a_client_created_is_not_kept_waiting()
    {
        await using var opened = await OpenedSite.OpenAsync();
        var client = opened.Client;
        var context = (await client.CallAsync("Target.createBrowserContext"))["browserContextId"]!.GetValue<string>();
        var opener = await client.OpenPageAsync(opened.Site.Url, context);
        await Eventually.GetAsync(() => client.EvaluateAsync(opener, "document.querySelector('pre') && self.first"), value => value is not null);

        var known = await opened.GetTargetsAsync("page");
        await client.EvaluateAsync(opener, "popup = open(location.href); 1");
        await Eventually.GetAsync(() => client.EvaluateAsync(opener, "popup.first"), value => value is not null);
        Assert.Equal("undefined", (await client.EvaluateAsync(opener, SharedWorker))!.GetValue<string>().Split(' ')[^1]);
        Assert.Equal(known.Length + 1, (await opened.GetTargetsAsync("page")).Length);
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
}
