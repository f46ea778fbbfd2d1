using System.Text.Json.Nodes;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Sessions;

namespace ChaserEmu.Tests.Http;

/// <summary>A page of another origin in a real browser cannot use an emulator on the same machine.</summary>
[Trait("Needs", "Chrome")]
public sealed class CrossOriginPageTests
{
    [Theory]
    [InlineData("fetch(`${emu}/_emu/clock`).then(r => r.text())")]
    [InlineData("fetch(`${emu}/_emu/clock/advance`, { method: 'POST', body: '{\"seconds\":60}' }).then(r => r.text())")]
    [InlineData("fetch(`${emu}/_emu/clock/advance`, { method: 'POST', mode: 'no-cors', body: '{\"seconds\":60}' }).then(r => { throw r.type })")]
    [InlineData("fetch(`${emu}/_emu/reset`, { method: 'POST', mode: 'no-cors' }).then(r => { throw r.type })")]
    [InlineData("fetch(`${emu}/v1/sessions`, { method: 'POST', headers: { Authorization: 'Bearer cha_test_x' } }).then(r => r.text())")]
    [InlineData("new Promise((yes, no) => { const i = new Image(); i.onload = () => yes('shown'); i.onerror = () => no('refused'); i.src = `${emu}/_emu/clock`; })")]
    [InlineData("new Promise((yes, no) => { const s = document.createElement('script'); s.onload = () => yes('ran'); s.onerror = () => no('refused'); s.src = `${emu}/_emu/sessions`; document.head.append(s); })")]
    [InlineData("new Promise((yes, no) => { const w = new WebSocket(cdp); w.onopen = () => yes('open'); w.onerror = () => no('refused'); })")]
    [InlineData("new Promise((yes, no) => { document.body.innerHTML = `<iframe name=f></iframe><form target=f method=post enctype=text/plain action='${emu}/_emu/reset'></form>`; document.querySelector('iframe').onload = () => no('refused or sent'); document.forms[0].submit(); })")]
    public async Task A_cross_origin_page_cannot_use_the_emulator(string attempt)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new HeaderEchoSite();
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await page.CallAsync("Page.navigate", new { url = site.Url });
        await page.WaitUntilTrueAsync($"location.href.startsWith('{site.Url}') && document.readyState == 'complete'");
        await emulator.FreezeAsync();
        var before = emulator.Clock.GetUtcNow();

        var outcome = await page.CallAsync("Runtime.evaluate", new
        {
            expression = $"(() => {{ const emu = '{emulator.Address.GetLeftPart(UriPartial.Authority)}', cdp = '{page.CdpUrl}'; return Promise.race([{attempt}, new Promise((_, no) => setTimeout(no, 10_000, 'never answered'))]); }})()",
            awaitPromise = true,
            returnByValue = true,
        });

        Assert.True(outcome["exceptionDetails"] is JsonObject, $"The page got {outcome["result"]?.ToJsonString()}.");
        Assert.Equal(before, emulator.Clock.GetUtcNow());
        Assert.Equal("ready", (await page.Http.GetSessionAsync(page.Id)).Text("status"));
    }
}
