using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/clock</c>: freeze, advance, set and speed up emulated time.</summary>
public sealed class ClockTests
{
    [Fact]
    public async Task The_clock_follows_real_time_by_default()
    {
        await using var emulator = Emulator.Start();
        var before = TimeProvider.System.GetUtcNow();

        var clock = await GetAsync(emulator);

        Assert.Equal(["now", "rate", "frozen"], clock.EnumerateObject().Select(property => property.Name));
        Assert.Equal((1, false), (clock.GetProperty("rate").GetDouble(), clock.GetProperty("frozen").GetBoolean()));
        Assert.InRange(Now(clock), before.AddSeconds(-1), TimeProvider.System.GetUtcNow().AddSeconds(1));
    }

    [Fact]
    public async Task A_frozen_clock_moves_only_by_exact_advances()
    {
        await using var emulator = Emulator.Start();
        var start = Now(await PutAsync(emulator, """{"frozen":true}"""));

        await emulator.AdvanceAsync(0);
        Assert.Equal(start, Now(await GetAsync(emulator)));
        await emulator.AdvanceAsync(1.5);
        Assert.Equal(start.AddSeconds(1.5), Now(await GetAsync(emulator)));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => emulator.AdvanceAsync(60)));
        Assert.Equal(start.AddSeconds(1201.5), Now(await GetAsync(emulator)));

        // As binary numbers, these are slightly less than their decimal values.
        await emulator.AdvanceAsync(555863.716954);
        await emulator.AdvanceAsync(0.000035);
        Assert.Equal(start.AddSeconds(1201.5).AddMicroseconds(555_863_716_989), Now(await GetAsync(emulator)));
    }

    [Fact]
    public async Task A_thousand_sessions_expire_in_order_at_their_own_times_in_one_advance()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Sessions:IdleSeconds=86400");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var start = Now(await GetAsync(emulator));
        var due = new System.Collections.Concurrent.ConcurrentDictionary<string, DateTimeOffset>();
        await Parallel.ForAsync(0, 1_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            var ttl = 60 + i * 7_919 % 3_541;
            due[(await client.CreateSessionAsync(new { ttl_seconds = ttl })).Id()] = ChaserEmu.Domain.Session.GetExpiry(start, TimeSpan.FromSeconds(ttl));
        });
        await emulator.AdvanceAsync(0);

        var transitions = await emulator.AdvanceAsync(3_600);

        Assert.Equal(1_000, transitions.Count);
        Assert.All(transitions, ended => Assert.Equal("ttl_expired", (string?)ended!["ended_reason"]));
        Assert.Equal(
            due.OrderBy(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => (entry.Key, ChaserEmu.Domain.Timestamp.ToWire(entry.Value))),
            transitions.Select(ended => ((string)ended!["session_id"]!, (string)ended["at"]!)));
        var some = due.ElementAt(500);
        Assert.Equal(ChaserEmu.Domain.Timestamp.ToWire(some.Value), (await client.GetSessionAsync(some.Key)).Text("ended_at"));
    }

    [Fact]
    public async Task It_can_start_frozen_at_a_given_time()
    {
        await using var emulator = Emulator.Start("Clock:Now=2026-06-13T11:49:20.651182Z", "Clock:Frozen=true");

        Assert.Equal("""{"now":"2026-06-13T11:49:20.651182Z","rate":1,"frozen":true}""", (await GetAsync(emulator)).GetRawText());
    }

    [Fact]
    public async Task A_running_clock_keeps_running_after_an_advance()
    {
        await using var emulator = Emulator.Start();
        var start = Now(await GetAsync(emulator));

        await emulator.AdvanceAsync(3600);

        var end = Now(await GetAsync(emulator));
        Assert.InRange(end, start.AddSeconds(3600), start.AddSeconds(3660));
        Assert.True(Now(await GetAsync(emulator)) > end);
    }

    [Fact]
    public async Task An_advance_by_zero_waits_for_pending_work()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var created = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.CreateSessionAsync()));

        await emulator.AdvanceAsync(0);

        foreach (var session in created) Assert.Equal("ready", (await client.GetSessionAsync(session.Id())).Text("status"));
    }

    [Fact]
    public async Task Setting_the_time_fires_the_timers_due_until_then()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=86400");
        using var client = emulator.CreateClient();
        var created = await client.CreateReadySessionAsync(new { ttl_seconds = 60 });
        var later = Now(await GetAsync(emulator)).AddDays(1);

        var clock = await PutAsync(emulator, $$"""{"now":"{{later:yyyy-MM-dd'T'HH:mm:ss}}","frozen":true,"rate":2.5}""");

        Assert.Equal($"{later:yyyy-MM-dd'T'HH:mm:ss}.000000Z", clock.Text("now"));
        Assert.Equal((2.5, true), (clock.GetProperty("rate").GetDouble(), clock.GetProperty("frozen").GetBoolean()));
        Assert.Equal("ttl_expired", (await client.GetSessionAsync(created.Id())).Text("ended_reason"));
    }

    [Fact]
    public async Task Omitted_fields_stay_unchanged()
    {
        await using var emulator = Emulator.Start();
        await PutAsync(emulator, """{"frozen":true,"rate":10}""");

        Assert.Equal((10, true), Of(await PutAsync(emulator, "{}")));
        Assert.Equal((10, false), Of(await PutAsync(emulator, """{"frozen":false,"rate":null}""")));
        Assert.Equal((0.5, false), Of(await PutAsync(emulator, """{"rate":0.5}""")));

        static (double, bool) Of(JsonElement clock) => (clock.GetProperty("rate").GetDouble(), clock.GetProperty("frozen").GetBoolean());
    }

    [Fact]
    public async Task The_clock_never_goes_back()
    {
        await using var emulator = Emulator.Start();
        var present = await PutAsync(emulator, """{"frozen":true}""");
        var past = Now(present).AddSeconds(-1).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

        await emulator.SendAsync("PUT", "/_emu/clock", $$"""{"now":"{{past}}","rate":7}""").AssertProblemAsync(
            HttpStatusCode.BadRequest,
            $"now is {past}, before the current time {present.Text("now")}: the clock never goes back. Reset or restart the emulator for an earlier time.");

        Assert.Equal(Now(present).ToString("O"), Now(await GetAsync(emulator)).ToString("O"));
        Assert.Equal(present.GetRawText(), (await PutAsync(emulator, $$"""{"now":"{{present.Text("now")}}"}""")).GetRawText());
    }

    [Fact]
    public async Task The_emulator_works_at_the_end_of_emulated_time()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        emulator.Clock.BeginAdvance();
        emulator.Clock.StepTo(new DateTimeOffset(8999, 12, 31, 23, 59, 0, TimeSpan.Zero));
        emulator.Clock.EndAdvance();
        await PutAsync(emulator, """{"frozen":true}""");

        await emulator.SendAsync("POST", "/_emu/clock/advance", """{"seconds":61}""")
            .AssertProblemAsync(HttpStatusCode.BadRequest, "Emulated time ends at 9000-01-01T00:00:00.000000Z.");
        await emulator.SendAsync("PUT", "/_emu/clock", """{"now":"9000-01-01T00:00:01Z"}""")
            .AssertProblemAsync(HttpStatusCode.BadRequest, "Emulated time ends at 9000-01-01T00:00:00.000000Z.");
        await PutAsync(emulator, """{"now":"9000-01-01T00:00:00Z","frozen":false,"rate":1000000}""");

        Assert.Equal("9000-01-01T00:59:59.999003Z", (await client.CreateSessionAsync(new { ttl_seconds = 3600 })).Text("expires_at"));
        Assert.Equal("9000-01-01T00:00:00.000000Z", (await GetAsync(emulator)).Text("now"));
    }

    [Theory]
    [InlineData("5e-324")]
    [InlineData("1e-12")]
    [InlineData("1000000")]
    public async Task Sessions_expire_at_every_rate(string rate)
    {
        await using var emulator = Emulator.Start("Clock:Rate=1e-300", "Sessions:ProvisioningSeconds=3600");
        using var client = emulator.CreateClient();
        var id = (await client.CreateSessionAsync()).Id();

        await PutAsync(emulator, $$"""{"rate":{{rate}}}""");
        await emulator.AdvanceAsync(1800);

        Assert.Equal("ttl_expired", (await client.GetSessionAsync(id)).Text("ended_reason"));
    }

    private static async Task<JsonElement> GetAsync(Emulator emulator)
    {
        using var client = emulator.CreateClient(null);
        return await client.GetFromJsonAsync<JsonElement>("/_emu/clock");
    }

    private static async Task<JsonElement> PutAsync(Emulator emulator, string change)
    {
        using var answer = await emulator.SendAsync("PUT", "/_emu/clock", change);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static DateTimeOffset Now(JsonElement clock) => DateTimeOffset.Parse(clock.Text("now")!, CultureInfo.InvariantCulture);
}
