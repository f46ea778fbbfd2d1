using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Accounts;

/// <summary><c>GET /v1/audit/stream</c>.</summary>
public sealed class AuditStreamTests
{
    [Fact]
    public async Task Events_are_streamed_in_order_with_action_subject_and_detail()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        await emulator.FreezeAsync();
        var session = (await client.CreateReadySessionAsync()).Id();
        await client.DeleteAsync($"/v1/sessions/{session}");
        var key = (await (await user.PostAsJsonAsync("/v1/keys", new { name = "ci" })).ReadJsonAsync(HttpStatusCode.Created)).Id();
        var next = (await (await user.PostAsJsonAsync($"/v1/keys/{key}/rotate", new { })).ReadJsonAsync()).Id();
        await user.DeleteAsync($"/v1/keys/{key}");
        await user.DeleteAsync($"/v1/keys/{key}");
        var checkout = await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 20 })).ReadJsonAsync();
        await user.PayAsync(checkout.Text("checkout_url"));

        using var stream = await FollowAsync(user, "0");
        var events = await stream.TakeAsync(7);

        Assert.Equal("text/event-stream", stream.ContentType);
        Assert.All(events, e => Assert.Equal(["at", "action", "subject", "detail"], e.Entry.GetPropertyNames()));
        Assert.All(events, e => Assert.Equal(e.Entry.Text("action"), e.Kind));
        Assert.All(events, e => Assert.Equal(Timestamp.ToWire(emulator.Clock.GetUtcNow()), e.Entry.Text("at")));
        Assert.Equal(
            [
                ("session.created", session, null),
                ("session.ready", session, null),
                ("session.ended", session, "client_delete"),
                ("key.created", key, "ci"),
                ("key.rotated", key, next),
                ("key.revoked", key, "ci"),
                ("billing.credited", null, "20000000"),
            ],
            events.Select(e => (e.Entry.Text("action"), e.Entry.Text("subject"), e.Entry.Text("detail"))));

        // These are all actions, so the contract lists them.
        var contract = await client.GetFromJsonAsync<JsonElement>("/openapi.json");
        var action = contract.GetProperty("components").GetProperty("schemas").GetProperty("AuditEntry").GetProperty("properties").GetProperty("action");
        Assert.Equal(events.Select(e => e.Kind).Order(), action.GetProperty("enum").EnumerateArray().Select(name => name.GetString()!).Order());
    }

    [Fact]
    public async Task Expired_and_failed_sessions_are_streamed_with_their_ended_reason()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var live = emulator.CreateClient(Emulator.LiveKey);
        await emulator.FreezeAsync();
        var expiring = (await client.CreateReadySessionAsync(new { ttl_seconds = 60 })).Id();
        var idle = (await client.CreateReadySessionAsync()).Id();
        await emulator.AdvanceAsync(300);
        var failed = await live.CreateReadySessionAsync();
        Assert.Equal("error", failed.Text("status"));

        Assert.Equal([(expiring, "ttl_expired"), (idle, "idle_expired")], await ReadSessionEndsAsync(emulator, Emulator.TestKey, 2, skipping: 4));
        Assert.Equal([(failed.Id(), "error")], await ReadSessionEndsAsync(emulator, Emulator.LiveKey, 1, skipping: 1));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_session_whose_browser_dies_is_streamed_as_substrate_down()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateReadySessionAsync()).Id();

        Process.GetProcessById((await emulator.InspectAsync(id)).GetProperty("browser_pid").GetInt32()).Kill();

        Assert.Equal([(id, "substrate_down")], await ReadSessionEndsAsync(emulator, Emulator.LiveKey, 1, skipping: 2));
    }

    [Fact]
    public async Task A_stream_resumes_after_a_restart_and_includes_the_sessions_ended_by_it()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        string open, orphanId, last;
        await using (var emulator = Emulator.StartIn(folder))
        {
            using var client = emulator.CreateClient();
            using var user = emulator.CreateDashboardClient(Emulator.TestKey);
            open = (await client.CreateReadySessionAsync()).Id();
            using var stream = await FollowAsync(user, "0");
            last = (await stream.TakeAsync(1))[0].Id;

            // As after a crash: open in the database, but not in memory.
            var orphan = emulator.GetLiveSession(open).Current with { Id = new SessionId(Guid.CreateVersion7()) };
            await emulator.Services.GetRequiredService<SessionStore>().AddAsync(orphan);
            orphanId = orphan.Id.ToString();
        }

        await using (var emulator = Emulator.StartIn(folder))
        {
            using var user = emulator.CreateDashboardClient(Emulator.TestKey);
            using var stream = await FollowAsync(user, last);
            Assert.Equal(
                [("session.ready", open, null), ("session.ended", open, "abandoned_orphan"), ("session.ended", orphanId, "abandoned_orphan")],
                (await stream.TakeAsync(3)).Select(e => (e.Kind, e.Entry.Text("subject"), e.Entry.Text("detail"))));

            using var client = emulator.CreateClient();
            var next = (await client.CreateReadySessionAsync()).Id();
            Assert.Equal([("session.created", next), ("session.ready", next)], (await stream.TakeAsync(2)).Select(e => (e.Kind, e.Entry.Text("subject"))));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Repeated_resumes_under_concurrent_writes_lose_and_duplicate_no_event()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        var accounts = emulator.Services.GetRequiredService<AccountRegistry>();
        var audit = emulator.Services.GetRequiredService<AuditLog>();
        var writes = emulator.Services.GetRequiredService<WriteQueue>();
        var writing = Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 250; i++)
            {
                var added = new AuditEvent(0, accounts.Default.Workspace, emulator.Clock.GetUtcNow(), "test", $"{writer}-{i}", null);
                await writes.EnqueueAsync(sql => AuditStore.Add(sql, added));
                audit.NotifyFollowers(added.Workspace);
            }
        })));

        var seen = new List<string>();
        var last = "0";
        while (seen.Count < 1_000)
        {
            using var stream = await FollowAsync(user, last);
            foreach (var (id, _, entry) in await stream.TakeAsync(Math.Min(170, 1_000 - seen.Count)))
            {
                Assert.True(long.Parse(id, CultureInfo.InvariantCulture) > long.Parse(last, CultureInfo.InvariantCulture));
                last = id;
                seen.Add(entry.Text("subject")!);
            }
        }

        await writing;
        Assert.Equal(1_000, seen.Distinct().Count());
        for (var writer = 0; writer < 4; writer++)
        {
            Assert.Equal(
                Enumerable.Range(0, 250).Select(i => $"{writer}-{i}"),
                seen.Where(subject => subject.StartsWith($"{writer}-", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Without_Last_Event_ID_only_new_events_of_the_own_workspace_are_streamed()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var other = emulator.CreateClient("cha_test_another");
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        await client.CreateReadySessionAsync();

        // The response headers are sent at once; events after them must not be missed.
        using var stream = await FollowAsync(user, null);
        await other.CreateReadySessionAsync();
        var session = (await client.CreateReadySessionAsync()).Id();

        var events = await stream.TakeAsync(2);
        Assert.Equal([("session.created", session), ("session.ready", session)], events.Select(e => (e.Kind, e.Entry.Text("subject")!)));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("1")]
    public async Task An_invalid_Last_Event_ID_is_rejected(string id)
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/audit/stream");
        request.Headers.TryAddWithoutValidation("Last-Event-ID", id);

        await user.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).AssertErrorCodeAsync(400, "invalid_request");
    }

    [Fact]
    public async Task A_Last_Event_ID_from_before_a_reset_is_still_accepted()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        await client.CreateReadySessionAsync();
        string last;
        using (var before = await FollowAsync(user, "0")) last = (await before.TakeAsync(2))[^1].Id;
        (await client.PostAsync("/_emu/reset", null)).EnsureSuccessStatusCode();

        using var stream = await FollowAsync(user, last);
        var session = (await client.CreateReadySessionAsync()).Id();
        Assert.Equal(session, (await stream.TakeAsync(1))[0].Entry.Text("subject"));
    }

    [Fact]
    public async Task A_stream_ends_cleanly_when_the_emulator_stops()
    {
        var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        using var stream = await FollowAsync(user, null);

        var stopping = emulator.DisposeAsync();

        await stream.AssertEndAsync();
        await stopping;
    }

    /// <summary>Reads <paramref name="skipping"/> plus <paramref name="count"/> events and returns the <c>session.ended</c> ones.</summary>
    private static async Task<(string? Subject, string? Reason)[]> ReadSessionEndsAsync(Emulator emulator, string key, int count, int skipping)
    {
        using var user = emulator.CreateDashboardClient(key);
        using var stream = await FollowAsync(user, "0");
        var events = await stream.TakeAsync(skipping + count);
        return [.. events.Where(e => e.Kind == "session.ended").Select(e => (e.Entry.Text("subject"), e.Entry.Text("detail")))];
    }

    private static Task<ServerSentEvents> FollowAsync(HttpClient user, string? last) => ServerSentEvents.FollowAsync(user, "/v1/audit/stream", last);
}
