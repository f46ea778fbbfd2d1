using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Sessions on the same site do not share storage or cache.</summary>
[Trait("Needs", "Chrome")]
public sealed class IsolationTests
{
    private const string ReadStorageScript =
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
        await using var first = await OpenAsync(client, site);
        await using var second = await OpenAsync(client, site);

        await first.EvaluateAsync<bool>("localStorage.setItem('kept', 'first'), caches.open('box').then(box => box.put('/kept', new Response('first'))).then(() => true)");
        Assert.Equal("""["first",["box"],"first"]""", await first.EvaluateAsync<string>(ReadStorageScript));
        Assert.Equal("[null,[],null]", await second.EvaluateAsync<string>(ReadStorageScript));

        await second.EvaluateAsync<bool>("localStorage.setItem('kept', 'second'), caches.open('box').then(box => box.put('/kept', new Response('second'))).then(() => true)");
        Assert.Equal("""["first",["box"],"first"]""", await first.EvaluateAsync<string>(ReadStorageScript));
        await using var third = await OpenAsync(client, site);
        Assert.Equal("[null,[],null]", await third.EvaluateAsync<string>(ReadStorageScript));
    }

    private static async Task<CdpPage> OpenAsync(HttpClient client, TestSite site)
    {
        var page = await CdpPage.OpenAsync(await client.CreateReadySessionAsync());
        await page.NavigateAsync(site.HttpUrl);
        return page;
    }
}
