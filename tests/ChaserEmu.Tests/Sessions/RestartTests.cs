using System.Text.Json;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Tests.Gateway;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Kills or stops the real process while sessions are open, and starts it again on the same data.</summary>
[Trait("Needs", "Chrome")]
public sealed class RestartTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task After_a_kill_the_next_start_closes_bills_and_cleans_up_open_sessions()
    {
        await using var site = new TestSite();
        await using var first = await EmulatorProcess.StartAsync(_folder, "Browsers:Max=1");
        using var before = first.CreateClient();
        var ready = await before.CreateReadySessionAsync();
        var creating = await before.CreateSessionAsync();
        await using var page = await CdpPage.OpenAsync(ready);
        await page.NavigateAsync(site.HttpUrl);
        await page.EvaluateAsync<bool>("fetch('/flow').then(r => r.body.pipeTo(new WritableStream())), true");

        var safe = (await Eventually.GetAsync(() => before.GetSessionAsync(ready.Id()), now => now.GetProperty("bytes_down").GetInt64() > 100_000)).GetProperty("bytes_down").GetInt64();

        // Three commits later these bytes are stored: one may be of the key's last use, and one may have read the meter before us.
        var commits = await before.GetCommitCountAsync();
        await Eventually.GetAsync(before.GetCommitCountAsync, now => now >= commits + 3);
        var profile = Assert.Single(first.GetProfileFolders());
        await first.KillAsync();

        await using var second = await EmulatorProcess.StartAsync(_folder);
        using var after = second.CreateClient();
        foreach (var session in new[] { ready, creating })
        {
            var ended = await after.GetSessionAsync(session.Id());
            Assert.Equal(("closed", "abandoned_orphan"), (ended.Text("status"), ended.Text("ended_reason")));
        }

        var kept = (await after.GetSessionAsync(ready.Id())).GetProperty("bytes_down").GetInt64();
        Assert.True(kept >= safe, $"{kept} bytes were kept of {safe}.");
        var inside = await EmulatorProcess.InspectAsync(after, ready.Id());
        Assert.Equal(Total(await after.GetSessionAsync(ready.Id())) * 5 / 1000, inside.GetProperty("billed_micro_usd").GetInt64());

        Assert.Empty(TestBrowsers.FindProcessesMentioning(profile));
        Assert.False(Directory.Exists(profile));
        Assert.Single(second.GetProfileFolders());
    }

    [Fact]
    public async Task A_graceful_stop_sends_close_frames_and_leaves_nothing_behind()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder);
        using var http = emulator.CreateClient();
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        var stopping = emulator.StopAsync().WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal((1001, "abandoned_orphan"), Assert.Single(await client.ReadToEndAsync()).Close);

        Assert.Equal(0, await stopping);
        Assert.Empty(emulator.GetChildProcesses());
        Assert.Empty(emulator.GetProfileFolders());
        await using var next = Emulator.StartIn(_folder);
        using var later = next.CreateClient(Emulator.LiveKey);
        var ended = await later.GetSessionAsync(session.Id());
        Assert.Equal(("closed", "abandoned_orphan"), (ended.Text("status"), ended.Text("ended_reason")));
        Assert.True(Total(ended) >= client.Received);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static long Total(JsonElement session) => session.GetProperty("bytes_up").GetInt64() + session.GetProperty("bytes_down").GetInt64();
}
