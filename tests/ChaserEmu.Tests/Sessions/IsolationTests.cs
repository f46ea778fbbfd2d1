using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Each session has its own storage and cache, on one and the same site.</summary>
[Trait("Needs", "Chrome")]
public sealed class IsolationTests
{
    private const string Look =
        """
        (async () => JSON.stringify([
            localStorage.getItem('kept'),
            await caches.keys(),
            await caches.match('/kept').then(found => found ? found.text() : null),
        ]))()
        """;

    [Fact]
    public async Task Local_storage_and_the_Cache_API_of_one_session_are_not_seen_by_another()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var site = new TestSite();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        await using var one = await OpenAsync(client, site);
        await using var other = await OpenAsync(client, site);

        await one.EvaluateAsync<bool>("localStorage.setItem('kept', 'one'), caches.open('box').then(box => box.put('/kept', new Response('one'))).then(() => true)");
        Assert.Equal("""["one",["box"],"one"]""", await one.EvaluateAsync<string>(Look));
        Assert.Equal("[null,[],null]", await other.EvaluateAsync<string>(Look));

        await other.EvaluateAsync<bool>("localStorage.setItem('kept', 'other'), caches.open('box').then(box => box.put('/kept', new Response('other'))).then(() => true)");
        Assert.Equal("""["one",["box"],"one"]""", await one.EvaluateAsync<string>(Look));
        await using var later = await OpenAsync(client, site);
        Assert.Equal("[null,[],null]", await later.EvaluateAsync<string>(Look));
    }

    private static async Task<CdpPage> OpenAsync(HttpClient client, TestSite site)
    {
        var page = await CdpPage.OpenAsync(await client.CreateReadySessionAsync());
        await page.NavigateAsync(site.HttpUrl);
        return page;
    }
}
