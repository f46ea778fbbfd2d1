using System.Text.Json;

namespace ChaserEmu.Tests.Egress;

/// <summary>The network traffic of a session's browser, as its byte counts show it.</summary>
[Trait("Needs", "Chrome")]
public sealed class SessionMeteringTests
{
    private const int Download = 5_000_000;
    private const int Upload = 1_000_000;

    [Theory]
    [InlineData("http", false)]
    [InlineData("https", false)]
    [InlineData("http", true)]
    public async Task Downloads_and_uploads_of_a_page_are_counted(string scheme, bool plain)
    {
        await using var emulator = Emulator.StartWithChrome($"Transport:Plain={plain}");
        await using var site = new TestSite();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        await using var page = await CdpPage.OpenAsync(session);
        await page.NavigateAsync(scheme == "http" ? site.HttpUrl : site.HttpsUrl);
        var loaded = await GetEgressAsync(emulator, session);
        Assert.True(loaded.Down > 0);

        Assert.Equal(Download, await page.FetchLengthAsync($"/bytes/{Download}"));
        var fetched = await GetEgressAsync(emulator, session);
        Assert.InRange(fetched.Down - loaded.Down, Download, Download * 1.05);
        Assert.InRange(fetched.Up - loaded.Up, 1, Download * 0.05);

        Assert.True(await page.EvaluateAsync<bool>($"fetch('/upload', {{ method: 'POST', body: new Uint8Array({Upload}) }}).then(r => r.ok)"));
        var posted = await GetEgressAsync(emulator, session);
        Assert.InRange(posted.Up - fetched.Up, Upload, Upload * 1.05);
        Assert.InRange(posted.Down - fetched.Down, 1, Upload * 0.05);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task A_WebSocket_of_a_page_is_counted_both_ways(string scheme)
    {
        await using var emulator = Emulator.StartWithChrome();
        await using var site = new TestSite();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        await using var page = await CdpPage.OpenAsync(session);
        var origin = scheme == "ws" ? site.HttpUrl : site.HttpsUrl;
        await page.NavigateAsync(origin);
        var before = await GetEgressAsync(emulator, session);

        var echoed = await page.EvaluateAsync<int>($$"""
            new Promise((done, fail) => {
              const socket = new WebSocket(location.origin.replace('http', 'ws') + '/echo');
              let length = 0;
              socket.binaryType = 'arraybuffer';
              socket.onopen = () => { for (let i = 0; i < 10; i++) socket.send(crypto.getRandomValues(new Uint8Array(50000))); };
              socket.onmessage = message => { length += message.data.byteLength; if (length >= 500000) done(length); };
              socket.onerror = fail;
            })
            """);

        Assert.Equal(500_000, echoed);
        var after = await GetEgressAsync(emulator, session);
        Assert.InRange(after.Up - before.Up, 500_000, 525_000);
        Assert.InRange(after.Down - before.Down, 500_000, 525_000);
    }

    [Fact]
    public async Task Byte_counts_grow_while_streaming_never_decrease_and_are_final_after_close()
    {
        await using var emulator = Emulator.StartWithChrome();
        await using var site = new TestSite();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        await using var page = await CdpPage.OpenAsync(session);
        await page.NavigateAsync(site.HttpUrl);
        long seen = (await client.GetSessionAsync(session.Id())).GetProperty("bytes_down").GetInt64();
        await page.EvaluateAsync<bool>("self.streaming = fetch('/steps').then(r => r.arrayBuffer()).then(b => b.byteLength), true");

        for (var step = 0; step < 3; step++)
        {
            var expected = seen + 100_000;
            site.SendNextPart();
            await Eventually.GetAsync(() => client.GetSessionAsync(session.Id()), now =>
            {
                var down = now.GetProperty("bytes_down").GetInt64();
                Assert.True(down >= seen, "bytes_down decreased.");
                seen = down;
                return down >= expected;
            });
        }

        Assert.Equal(300_000, await page.EvaluateAsync<int>("streaming"));
        await client.DeleteAsync($"/v1/sessions/{session.Id()}");
        var closed = await client.GetSessionAsync(session.Id());
        var details = await emulator.InspectAsync(session.Id());
        Assert.Equal("closed", closed.Text("status"));
        Assert.True(closed.GetProperty("bytes_down").GetInt64() >= seen);
        foreach (var direction in new[] { "bytes_up", "bytes_down" })
        {
            Assert.Equal(
                details.GetProperty("cdp").GetProperty(direction).GetInt64() + details.GetProperty("egress").GetProperty(direction).GetInt64(),
                closed.GetProperty(direction).GetInt64());
        }

        var total = closed.GetProperty("bytes_up").GetInt64() + closed.GetProperty("bytes_down").GetInt64();
        Assert.Equal(total * 5 / 1000, details.GetProperty("billed_micro_usd").GetInt64());
    }

    [Fact]
    public async Task A_session_that_visits_nothing_has_no_egress()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        await using (var page = await CdpPage.OpenAsync(session)) await page.NavigateAsync("about:blank");

        await client.DeleteAsync($"/v1/sessions/{session.Id()}");

        Assert.Equal((0, 0), await GetEgressAsync(emulator, session));
    }

    private static async Task<(long Up, long Down)> GetEgressAsync(Emulator emulator, JsonElement session)
    {
        var egress = (await emulator.InspectAsync(session.Id())).GetProperty("egress");
        return (egress.GetProperty("bytes_up").GetInt64(), egress.GetProperty("bytes_down").GetInt64());
    }
}
