using System.Net;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;
using ChaserEmu.Tests.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Sessions;

/// <summary>The lifecycle of a session. Test-mode keys need no browser, so all times are exact in emulated time.</summary>
public sealed class LifecycleTests
{
    [Fact]
    public async Task A_session_becomes_ready_and_expires_at_its_ttl()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=86400");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var created = await client.CreateReadySessionAsync(new { ttl_seconds = 1800 });
        Assert.Equal("ready", created.Text("status"));
        Assert.Equal(created.Text("created_at"), created.Text("ready_at"));

        // 997 µs less than the TTL, as documented. A test that advances by the TTL ends the session, too.
        Assert.Empty(await emulator.AdvanceAsync(1799.999002));
        Assert.Equal("ready", (await client.GetSessionAsync(created.Id())).Text("status"));

        Assert.Single(await emulator.AdvanceAsync(0.000001));
        var ended = await client.GetSessionAsync(created.Id());
        Assert.Equal("closed", ended.Text("status"));
        Assert.Equal("ttl_expired", ended.Text("ended_reason"));
        Assert.Equal(created.Text("expires_at"), ended.Text("ended_at"));
    }

    [Fact]
    public async Task An_idle_session_closes_after_its_idle_limit()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=300");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();

        await emulator.AdvanceAsync(1800);

        var ended = await client.GetSessionAsync(id);
        Assert.Equal("idle_expired", ended.Text("ended_reason"));
        Assert.Equal(DateTimeOffset.Parse(ended.Text("ready_at")!, null).AddSeconds(300), DateTimeOffset.Parse(ended.Text("ended_at")!, null));
    }

    [Fact]
    public async Task The_provisioning_delay_uses_emulated_time()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=15-25");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var created = await client.CreateSessionAsync();

        Assert.Empty(await emulator.AdvanceAsync(14.999));
        Assert.Equal("creating", (await client.GetSessionAsync(created.Id())).Text("status"));

        Assert.Single(await emulator.AdvanceAsync(10.001));
        var ready = await client.GetSessionAsync(created.Id());
        Assert.InRange(
            DateTimeOffset.Parse(ready.Text("ready_at")!, null) - DateTimeOffset.Parse(ready.Text("created_at")!, null),
            TimeSpan.FromSeconds(15),
            TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task A_session_can_be_deleted_while_creating()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=60");
        using var client = emulator.CreateClient();
        var id = (await client.CreateSessionAsync()).Id();

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);

        var ended = await client.GetSessionAsync(id);
        Assert.Equal("closed", ended.Text("status"));
        Assert.Equal("client_delete", ended.Text("ended_reason"));
        Assert.Null(ended.Text("ready_at"));
        Assert.Equal(HttpStatusCode.Conflict, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
    }

    [Fact]
    public async Task Of_many_deletes_at_once_exactly_one_wins()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateSessionAsync()).Id();

        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.DeleteAsync($"/v1/sessions/{id}")));

        Assert.Single(responses, response => response.StatusCode == HttpStatusCode.NoContent);
        Assert.Equal(19, responses.Count(response => response.StatusCode == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task A_session_without_a_browser_to_run_ends_in_error_and_costs_nothing()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(Emulator.LiveKey);

        var ended = await client.CreateReadySessionAsync();

        Assert.Equal("error", ended.Text("status"));
        Assert.Null(ended.Text("ended_reason"));
        Assert.NotNull(ended.Text("ended_at"));
        Assert.Equal(0, (await emulator.InspectAsync(ended.Id())).GetProperty("billed_micro_usd").GetInt64());
    }

    [Fact]
    public async Task Sessions_expire_in_order_at_their_own_times()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=86400");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var expiry = new Dictionary<string, string?>();
        foreach (var ttl in new[] { 900, 60, 3600, 61, 1800, 60 })
        {
            var session = await client.CreateSessionAsync(new { ttl_seconds = ttl });
            expiry.Add(session.Id(), session.Text("expires_at"));
        }

        var ends = (await emulator.AdvanceAsync(4000)).Where(t => t!["status"]!.GetValue<string>() == "closed").ToList();

        Assert.Equal(expiry.Count, ends.Count);
        Assert.All(ends, end => Assert.Equal(expiry[end!["session_id"]!.GetValue<string>()], end["at"]!.GetValue<string>()));
        Assert.Equal(ends.Select(end => end!["at"]!.GetValue<string>()).Order(), ends.Select(end => end!["at"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_running_clock_expires_sessions()
    {
        await using var emulator = Emulator.Start("Clock:Rate=100000");
        using var client = emulator.CreateClient();
        var id = (await client.CreateSessionAsync(new { ttl_seconds = 60 })).Id();

        var ended = await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("status") == "closed");

        Assert.Equal("ttl_expired", ended.Text("ended_reason"));
        Assert.Equal(ended.Text("expires_at"), ended.Text("ended_at"));
    }

    [Fact]
    public async Task A_session_whose_end_cannot_be_persisted_frees_its_slot()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();
        var account = (await emulator.AuthenticateAsync(Emulator.TestKey)).Account;
        Assert.Equal(1, account.OpenSessions);
        await emulator.Services.GetRequiredService<WriteQueue>().EnqueueAsync(sql => sql.Execute("DROP TABLE usage"));

        Assert.Equal(HttpStatusCode.InternalServerError, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);

        Assert.Equal(0, account.OpenSessions);
    }

    [Fact]
    public async Task During_shutdown_creations_return_503()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.Services.GetRequiredService<SessionRegistry>().ShutdownAsync(CancellationToken.None);

        await client.PostSessionAsync().AssertErrorCodeAsync(503, "unavailable", "The emulator is shutting down.");
    }

    [Fact]
    public async Task A_graceful_stop_leaves_no_session_open()
    {
        string id;
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        await using (var first = Emulator.StartIn(folder))
        {
            using var client = first.CreateClient();
            id = (await client.CreateSessionAsync()).Id();
        }

        await using (var second = Emulator.StartIn(folder))
        {
            using var client = second.CreateClient();
            Assert.Equal("abandoned_orphan", (await client.GetSessionAsync(id)).Text("ended_reason"));
        }

        Directory.Delete(folder, recursive: true);
    }
}
