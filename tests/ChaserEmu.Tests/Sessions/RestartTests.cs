using System.Text.Json;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Tests.Gateway;

namespace ChaserEmu.Tests.Sessions;

/// <summary>The real process, ended in the middle of things and started again on the same data.</summary>
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

        // Until there is something to lose and something that must not be: what the meter said, and when.
        var readings = new List<(long At, long Bytes)>();
        await Eventually.GetAsync(() => before.GetSessionAsync(ready.Id()), now =>
        {
            readings.Add((TimeProvider.System.GetTimestamp(), now.GetProperty("bytes_down").GetInt64()));
            return TimeProvider.System.GetElapsedTime(readings[0].At, readings[^1].At) > TimeSpan.FromSeconds(3.5);
        });
        var profile = Assert.Single(first.GetProfileFolders());
        await first.KillAsync();

        await using var second = await EmulatorProcess.StartAsync(_folder);
        using var after = second.CreateClient();
        foreach (var session in new[] { ready, creating })
        {
            var ended = await after.GetSessionAsync(session.Id());
            Assert.Equal(("closed", "abandoned_orphan"), (ended.Text("status"), ended.Text("ended_reason")));
        }

        // Written down once a second, and a write may take its time on a busy machine.
        var kept = (await after.GetSessionAsync(ready.Id())).GetProperty("bytes_down").GetInt64();
        var safe = readings.Last(reading => TimeProvider.System.GetElapsedTime(reading.At, readings[^1].At) > TimeSpan.FromSeconds(2)).Bytes;
        Assert.True(safe > 100_000, $"Only {safe} bytes had come.");
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
