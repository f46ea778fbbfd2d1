using System.Net;
using System.Net.Http.Json;

namespace ChaserEmu.Tests.Accounts;

/// <summary>The limits of a workspace: 10 open sessions, and 20 creations per minute of emulated time.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task The_11th_open_session_is_rejected_until_Retry_After_has_passed()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=86400");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        for (var i = 0; i < 10; i++) await client.CreateSessionAsync(new { ttl_seconds = 600 + i });
        await emulator.AdvanceAsync(61.5);

        var rejected = await client.PostSessionAsync();
        await rejected.AssertErrorCodeAsync(429, "concurrency_limit", "Concurrency limit reached.");
        var wait = rejected.Headers.RetryAfter!.Delta!.Value.TotalSeconds;
        Assert.Equal(539, wait);

        await emulator.AdvanceAsync(wait - 1);
        await client.PostSessionAsync().AssertErrorCodeAsync(429, "concurrency_limit");
        await emulator.AdvanceAsync(1);
        await client.CreateSessionAsync();
        await client.PostSessionAsync().AssertErrorCodeAsync(429, "concurrency_limit");
    }

    [Fact]
    public async Task With_both_limits_reached_Retry_After_is_the_later_one()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=3", "Limits:CreatesPerMinute=2", "Sessions:IdleSeconds=86400");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await emulator.AdvanceAsync(60);
        for (var i = 0; i < 2; i++) await client.CreateSessionAsync();

        var rejected = await client.PostSessionAsync();
        await rejected.AssertErrorCodeAsync(429, "concurrency_limit");
        Assert.Equal(60, rejected.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        await emulator.AdvanceAsync(60);
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task A_deleted_session_frees_its_slot_at_once()
    {
        await using var emulator = Emulator.Start("Limits:CreatesPerMinute=0", "Limits:Concurrent=1");
        using var client = emulator.CreateClient();

        for (var i = 0; i < 50; i++)
        {
            var id = (await client.CreateSessionAsync()).Id();
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
        }
    }

    [Fact]
    public async Task The_21st_creation_in_a_minute_is_rejected_and_accepted_a_minute_later()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        for (var i = 0; i < 20; i++)
        {
            var id = (await client.CreateSessionAsync()).Id();
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
        }

        // Rejected creations do not count, so Retry-After stays the same.
        for (var i = 0; i < 5; i++)
        {
            var rejected = await client.PostSessionAsync();
            await rejected.AssertErrorCodeAsync(429, "rate_limited", "Too many requests.");
            Assert.Equal(60, rejected.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        }

        await emulator.AdvanceAsync(59.999999);
        await client.PostSessionAsync().AssertErrorCodeAsync(429, "rate_limited");
        await emulator.AdvanceAsync(0.000001);
        for (var i = 0; i < 10; i++) await client.CreateSessionAsync();
    }

    [Fact]
    public async Task A_creation_rejected_by_the_concurrency_limit_does_not_count_towards_the_rate_limit()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=1", "Limits:CreatesPerMinute=2");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();
        for (var i = 0; i < 5; i++) await client.PostSessionAsync().AssertErrorCodeAsync(429, "concurrency_limit");

        await client.DeleteAsync($"/v1/sessions/{id}");
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task A_delete_is_never_limited()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var ids = new List<string>();
        for (var i = 0; i < 10; i++) ids.Add((await client.CreateSessionAsync()).Id());

        for (var i = 0; i < 100; i++)
            await client.DeleteAsync("/v1/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854").AssertErrorCodeAsync(404, "session_not_found");
        foreach (var id in ids) Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
    }

    [Fact]
    public async Task A_limit_of_zero_means_unlimited()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var client = emulator.CreateClient();

        for (var i = 0; i < 40; i++) await client.CreateSessionAsync();
    }

    [Fact]
    public async Task Workspaces_do_not_share_their_limits()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=1");
        using var first = emulator.CreateClient("cha_test_one");
        using var second = emulator.CreateClient("cha_test_other");
        await first.CreateSessionAsync();

        await second.CreateSessionAsync();
        await first.PostSessionAsync().AssertErrorCodeAsync(429, "concurrency_limit");
    }

    [Fact]
    public async Task Of_50_creations_at_once_10_succeed()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        var responses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => client.PostSessionAsync()));

        Assert.Equal(10, responses.Count(response => response.StatusCode == HttpStatusCode.Created));
        Assert.Equal(40, responses.Count(response => response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.RetryAfter is not null));
        Assert.Equal(10, (await emulator.AuthenticateAsync(Emulator.TestKey)).Account.OpenSessions);
    }
}
