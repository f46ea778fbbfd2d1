using System.Net;
using System.Net.Http.Json;

namespace ChaserEmu.Tests.Accounts;

/// <summary>10 sessions open, 20 created a minute, a workspace; all in emulated time.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task The_11th_open_session_is_refused_until_the_time_that_Retry_After_says()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=86400");
        using var client = emulator.Client();
        await emulator.FreezeAsync();
        for (var i = 0; i < 10; i++) await client.CreateSessionAsync(new { ttl_seconds = 600 + i });
        await emulator.AdvanceAsync(61.5);

        var refused = await client.PostSessionAsync();
        await refused.RefusedAsync(429, "concurrency_limit", "Concurrency limit reached.");
        var wait = refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        Assert.Equal(539, wait);

        await emulator.AdvanceAsync(wait - 1);
        await client.PostSessionAsync().RefusedAsync(429, "concurrency_limit");
        await emulator.AdvanceAsync(1);
        await client.CreateSessionAsync();
        await client.PostSessionAsync().RefusedAsync(429, "concurrency_limit");
    }

    [Fact]
    public async Task With_both_limits_reached_Retry_After_is_the_later_one()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=3", "Limits:CreatesPerMinute=2", "Sessions:IdleSeconds=86400");
        using var client = emulator.Client();
        await emulator.FreezeAsync();
        await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await emulator.AdvanceAsync(60);
        for (var i = 0; i < 2; i++) await client.CreateSessionAsync();

        var refused = await client.PostSessionAsync();
        await refused.RefusedAsync(429, "concurrency_limit");
        Assert.Equal(60, refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        await emulator.AdvanceAsync(60);
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task A_deleted_session_makes_room_at_once()
    {
        await using var emulator = Emulator.Start("Limits:CreatesPerMinute=0", "Limits:Concurrent=1");
        using var client = emulator.Client();

        for (var i = 0; i < 50; i++)
        {
            var id = (await client.CreateSessionAsync()).Id();
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
        }
    }

    [Fact]
    public async Task The_21st_creation_in_a_minute_is_refused_and_a_minute_later_it_is_not()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client();
        await emulator.FreezeAsync();
        for (var i = 0; i < 20; i++)
        {
            var id = (await client.CreateSessionAsync()).Id();
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
        }

        // Refusals do not count: however often it asks, the wait is the same.
        for (var i = 0; i < 5; i++)
        {
            var refused = await client.PostSessionAsync();
            await refused.RefusedAsync(429, "rate_limited", "Too many requests.");
            Assert.Equal(60, refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        }

        await emulator.AdvanceAsync(59.999999);
        await client.PostSessionAsync().RefusedAsync(429, "rate_limited");
        await emulator.AdvanceAsync(0.000001);
        for (var i = 0; i < 10; i++) await client.CreateSessionAsync();
    }

    [Fact]
    public async Task A_creation_refused_for_concurrency_takes_nothing_from_the_rate()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=1", "Limits:CreatesPerMinute=2");
        using var client = emulator.Client();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();
        for (var i = 0; i < 5; i++) await client.PostSessionAsync().RefusedAsync(429, "concurrency_limit");

        await client.DeleteAsync($"/v1/sessions/{id}");
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task A_delete_is_never_limited()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client();
        var ids = new List<string>();
        for (var i = 0; i < 10; i++) ids.Add((await client.CreateSessionAsync()).Id());

        for (var i = 0; i < 100; i++)
            await client.DeleteAsync("/v1/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854").RefusedAsync(404, "session_not_found");
        foreach (var id in ids) Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
    }

    [Fact]
    public async Task Zero_is_no_limit()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var client = emulator.Client();

        for (var i = 0; i < 40; i++) await client.CreateSessionAsync();
    }

    [Fact]
    public async Task Workspaces_do_not_share_their_limits()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=1");
        using var one = emulator.Client("cha_test_one");
        using var other = emulator.Client("cha_test_other");
        await one.CreateSessionAsync();

        await other.CreateSessionAsync();
        await one.PostSessionAsync().RefusedAsync(429, "concurrency_limit");
    }

    [Fact]
    public async Task Of_50_creations_at_once_10_succeed()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client();

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.PostSessionAsync()));

        Assert.Equal(10, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(40, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests && answer.Headers.RetryAfter is not null));
        Assert.Equal(10, (await emulator.CallerAsync(Emulator.TestKey)).Account.OpenSessions);
    }
}
