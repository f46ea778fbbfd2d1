using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Time;

namespace ChaserEmu.Tests.Trust;

/// <summary>Sets the clock of the machine back, while the emulator runs and while it is stopped.</summary>
public sealed class HostClockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task Sessions_expire_on_time_and_events_keep_their_order_when_the_host_clock_goes_back()
    {
        var host = new HostTime();
        // The TTL is three real seconds: long enough for a busy machine to make a session ready.
        await using var emulator = Emulator.StartWithClock(new EmulatedClock(host, rate: 20));
        using var client = emulator.CreateClient();

        var first = await client.CreateReadySessionAsync(new { ttl_seconds = 60 });
        host.SetBack = TimeSpan.FromDays(365);
        var second = await client.CreateReadySessionAsync(new { ttl_seconds = 60 });
        host.SetBack = TimeSpan.FromDays(730);

        foreach (var session in new[] { first, second })
        {
            var ended = await Eventually.GetAsync(() => client.GetSessionAsync(session.Id()), current => current.Text("status") == "closed");
            Assert.Equal("ttl_expired", ended.Text("ended_reason"));
            Assert.Equal(ended.Text("expires_at"), ended.Text("ended_at"));
            AssertInOrder(ended.Text("created_at")!, ended.Text("ready_at")!, ended.Text("ended_at")!);
        }

        var list = await client.GetFromJsonAsync<JsonElement>("/v1/sessions");
        Assert.Equal([second.Id(), first.Id()], list.GetProperty("data").EnumerateArray().Select(session => session.Id()));
        var audit = (await client.GetFromJsonAsync<JsonElement>("/_emu/state")).GetProperty("audit").EnumerateArray().Select(entry => entry.Text("at")!).ToArray();
        Assert.Equal(6, audit.Length);

        // Both sessions end at nearly the same real time, so either end may be persisted first.
        AssertInOrder(audit[..5]);
        AssertInOrder([.. audit[..4], audit[5]]);
    }

    [Fact]
    public async Task An_orphan_does_not_end_before_its_creation_when_the_host_clock_went_back()
    {
        string creating, ready;
        await using (var first = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none", "Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true", "Sessions:ProvisioningSeconds=10"))
        {
            using var client = first.CreateClient(Emulator.TestKey);
            ready = (await client.CreateSessionAsync()).Id();
            (await client.PostAsJsonAsync("/_emu/clock/advance", new { seconds = 10 })).EnsureSuccessStatusCode();
            creating = (await client.CreateSessionAsync()).Id();
            await first.KillAsync();
        }

        await using var second = Emulator.StartIn(_folder, "Clock:Now=2026-06-12T12:00:00Z", "Clock:Frozen=true");
        using var later = second.CreateClient();
        var (one, other) = (await later.GetSessionAsync(ready), await later.GetSessionAsync(creating));
        Assert.Equal("abandoned_orphan", one.Text("ended_reason"));
        Assert.Equal(one.Text("ready_at"), one.Text("ended_at"));
        Assert.Equal("abandoned_orphan", other.Text("ended_reason"));
        Assert.Equal(other.Text("created_at"), other.Text("ended_at"));

        // A new session uses the current clock. Sessions with later timestamps are still listed.
        var created = await later.CreateReadySessionAsync(new { ttl_seconds = 60 });
        Assert.StartsWith("2026-06-12T12:00:00", created.Text("created_at"), StringComparison.Ordinal);
        var list = await later.GetFromJsonAsync<JsonElement>("/v1/sessions");
        Assert.Equal(new[] { creating, created.Id(), ready }.Order(), list.GetProperty("data").EnumerateArray().Select(session => session.Id()).Order());
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Asserts the order of timestamps. Timestamps of the API sort as text.</summary>
    private static void AssertInOrder(params string[] times) => Assert.Equal(times.Order(StringComparer.Ordinal), times);

    /// <summary>The time of the machine, with its date set back.</summary>
    private sealed class HostTime : TimeProvider
    {
        public TimeSpan SetBack { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - SetBack;
    }
}
