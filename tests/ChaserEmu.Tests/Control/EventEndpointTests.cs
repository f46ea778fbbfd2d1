using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Browsers;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Control;

/// <summary><c>GET /_emu/events</c>.</summary>
public sealed class EventEndpointTests
{
    private const string InvalidId = "Last-Event-ID and last_event_id must be the id of an earlier event, or 0 for all buffered events.";

    [Fact]
    public async Task A_session_is_followed_from_its_creation_to_its_end()
    {
        var browsers = new FakeBrowserSource { Open = (_, _) => new(MemoryConnection.OpenEcho()) };
        await using var emulator = Emulator.StartWithBrowsers(browsers);
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        using var control = emulator.CreateClient(null);
        using var events = await FollowAsync(control);

        var session = await client.CreateReadySessionAsync(new { profile = "checkout", ttl_seconds = 600 });
        var creating = await events.FindAsync("session");
        Assert.Equal((session.Id(), "creating", "checkout"), (creating.Text("session_id"), creating.Text("status"), creating.Text("profile")));
        Assert.Equal((null, null), (creating.Text("device"), creating.Text("ready_at")));
        foreach (var time in new[] { "created_at", "expires_at" }) Assert.Equal(session.Text(time), creating.Text(time));
        var key = Assert.Single((await control.GetFromJsonAsync<JsonElement>("/_emu/state")).GetProperty("keys").EnumerateArray(), key => key.Text("id") == creating.Text("key_id"));
        Assert.Equal((key.Text("name"), key.Text("prefix"), key.Text("workspace")), (creating.Text("key_name"), creating.Text("key_prefix"), creating.Text("workspace_id")));

        var ready = await events.FindAsync("session");
        Assert.Equal((session.Id(), "ready"), (ready.Text("session_id"), ready.Text("status")));
        foreach (var field in new[] { "device", "proxy_ip", "proxy_region", "ready_at", "expires_at" }) Assert.Equal(session.Text(field), ready.Text(field));
        Assert.Equal(ready.Text("ready_at"), ready.Text("at"));

        using (var cdp = new ClientWebSocket())
        {
            await cdp.ConnectAsync(new Uri(session.Text("cdp_url")!), CancellationToken.None);
            var opened = await events.FindAsync("cdp_connection");
            Assert.Equal((session.Id(), true, 1), (opened.Text("session_id"), opened.GetProperty("open").GetBoolean(), opened.GetProperty("cdp_connections").GetInt32()));
            await cdp.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            var closed = await events.FindAsync("cdp_connection");
            Assert.Equal((false, 0), (closed.GetProperty("open").GetBoolean(), closed.GetProperty("cdp_connections").GetInt32()));
            Assert.Equal(opened.GetProperty("connection").GetInt64(), closed.GetProperty("connection").GetInt64());
            Assert.True(closed.GetProperty("bytes_up").GetInt64() > opened.GetProperty("bytes_up").GetInt64());
        }

        using (var counter = Assert.Single(browsers.Browsers).EgressMeter.OpenCounter()) counter.AddDown(2_000_000);
        var counted = await events.FindAsync("bytes", entry => entry.GetProperty("egress").GetProperty("bytes_down").GetInt64() > 0);
        Assert.Equal((session.Id(), ready.Text("workspace_id")), (counted.Text("session_id"), counted.Text("workspace_id")));
        Assert.Equal(2_000_000, counted.GetProperty("egress").GetProperty("bytes_down").GetInt64());

        (await client.DeleteAsync($"/v1/sessions/{session.Id()}")).EnsureSuccessStatusCode();
        var ended = await events.FindAsync("session");
        Assert.Equal((session.Id(), "closed", "client_delete"), (ended.Text("session_id"), ended.Text("status"), ended.Text("ended_reason")));
        Assert.Equal((2_000_000L, ended.Text("at")), (ended.GetProperty("egress").GetProperty("bytes_down").GetInt64(), ended.Text("ended_at")));
        Assert.True(ended.GetProperty("cdp").GetProperty("bytes_up").GetInt64() > 0 && ended.GetProperty("billed_micro_usd").GetInt64() >= 10_000);
    }

    [Fact]
    public async Task Calls_are_followed_with_their_journal_entry_and_the_fault_that_changed_them()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        using var control = emulator.CreateClient(null);
        using var events = await FollowAsync(control);

        var id = (await client.CreateReadySessionAsync()).Id();
        var created = await events.FindAsync("call");
        var entry = (await control.GetFromJsonAsync<JsonElement>("/_emu/journal?operation=createSession")).GetProperty("entries")[0];
        foreach (var field in new[] { "sequence", "at", "duration_ms", "method", "path", "route", "operation", "status", "key_prefix", "workspace_id", "session_id" })
            Assert.Equal(entry.GetProperty(field).ToString(), created.GetProperty(field).ToString());
        Assert.Equal((id, null), (created.Text("session_id"), created.Text("fault_id")));
        Assert.NotNull(created.Text("key_name"));

        var rule = await emulator.AddFaultAsync(new { effect = new { type = "status", code = "rate_limited" }, match = new { route = "/v1/sessions/{id}" } });
        Assert.Equal(HttpStatusCode.TooManyRequests, (await client.GetAsync($"/v1/sessions/{id}")).StatusCode);
        var fired = await events.FindAsync("fault");
        Assert.Equal((rule, "status", 1L), (fired.Text("fault_id"), fired.Text("effect"), fired.GetProperty("fired").GetInt64()));
        Assert.Equal((id, "GET", $"/v1/sessions/{id}", null), (fired.Text("session_id"), fired.Text("method"), fired.Text("path"), fired.Text("host")));
        Assert.Equal(created.Text("workspace_id"), fired.Text("workspace_id"));
        var failed = await events.FindAsync("call");
        Assert.Equal((429, "rate_limited", rule), (failed.GetProperty("status").GetInt32(), failed.Text("error_code"), failed.Text("fault_id")));
    }

    [Fact]
    public async Task Changes_of_the_clock_and_resets_are_events_with_both_times()
    {
        await using var emulator = Emulator.Start("Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true");
        using var client = emulator.CreateClient();
        using var control = emulator.CreateClient(null);
        var id = (await client.CreateReadySessionAsync(new { ttl_seconds = 60 })).Id();
        var workspace = (await emulator.InspectAsync(id)).Text("workspace_id");
        var start = TimeProvider.System.GetUtcNow();
        using var events = await FollowAsync(control);

        await emulator.AdvanceAsync(60);
        var ended = await events.FindAsync("session");
        Assert.Equal((id, "ttl_expired", "2026-06-13T12:00:59.999003Z"), (ended.Text("session_id"), ended.Text("ended_reason"), ended.Text("at")));
        var advanced = await events.FindAsync("clock");
        Assert.Equal(("2026-06-13T12:01:00.000000Z", 1.0, true), (advanced.Text("at"), advanced.GetProperty("rate").GetDouble(), advanced.GetProperty("frozen").GetBoolean()));
        Assert.InRange(advanced.GetProperty("real_at").GetDateTimeOffset(), start.AddMilliseconds(-1), TimeProvider.System.GetUtcNow());

        (await control.PutAsJsonAsync("/_emu/clock", new { rate = 60, frozen = false })).EnsureSuccessStatusCode();
        var faster = await events.FindAsync("clock");
        Assert.Equal((60.0, false), (faster.GetProperty("rate").GetDouble(), faster.GetProperty("frozen").GetBoolean()));

        (await control.PostAsJsonAsync("/_emu/reset", new { key = Emulator.TestKey })).EnsureSuccessStatusCode();
        var reset = await events.FindAsync("reset");
        Assert.Equal((workspace, false), (reset.Text("workspace_id"), reset.GetProperty("import").GetBoolean()));
        (await control.PostAsync("/_emu/reset", null)).EnsureSuccessStatusCode();
        Assert.True((await events.FindAsync("clock")).GetProperty("frozen").GetBoolean());
        Assert.Null((await events.FindAsync("reset")).Text("workspace_id"));
        using var state = new StringContent("""{"version":1}""");
        (await control.PutAsync("/_emu/state", state)).EnsureSuccessStatusCode();
        Assert.True((await events.FindAsync("reset")).GetProperty("import").GetBoolean());
    }

    [Fact]
    public async Task A_stream_resumes_after_an_id_given_as_header_or_parameter()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var control = emulator.CreateClient(null);
        using var events = await FollowAsync(control, last: "0");
        await emulator.AdvanceAsync(1);
        await emulator.AdvanceAsync(1);
        var seen = await events.TakeAsync(3);

        Assert.Equal("text/event-stream", events.ContentType);
        Assert.All(seen, e => Assert.Equal(e.Kind, e.Entry.Text("type")));
        using var byHeader = await FollowAsync(control, "?last_event_id=0", seen[0].Id);
        Assert.Equal(seen.Skip(1).Select(e => e.Id), (await byHeader.TakeAsync(2)).Select(e => e.Id));
        using var byParameter = await FollowAsync(control, $"?last_event_id={seen[1].Id}");
        Assert.Equal(seen[2].Entry.ToString(), (await byParameter.NextAsync()).Entry.ToString());
    }

    [Fact]
    public async Task The_first_event_says_that_events_after_the_id_were_evicted()
    {
        await using var emulator = Emulator.Start("Events:Capacity=2");
        await emulator.FreezeAsync();
        using var control = emulator.CreateClient(null);
        var feed = emulator.Services.GetRequiredService<EventFeed>();
        var first = feed.Newest.ToString(CultureInfo.InvariantCulture);
        foreach (var _ in Enumerable.Range(0, 3)) await emulator.AdvanceAsync(1);

        using var events = await FollowAsync(control, last: first);
        var (id, kind, entry) = await events.NextAsync();
        Assert.Equal(("evicted", "evicted", Timestamp.ToWire(emulator.Clock.GetUtcNow())), (kind, entry.Text("type"), entry.Text("at")));
        var rest = await events.TakeAsync(2);
        Assert.Equal(["clock", "clock"], rest.Select(e => e.Kind));

        // A client that reconnects after "evicted" alone gets what it would have got without the interruption.
        using var resumed = await FollowAsync(control, last: id);
        Assert.Equal(rest.Select(e => e.Id), (await resumed.TakeAsync(2)).Select(e => e.Id));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("1.5")]
    public async Task An_invalid_id_is_rejected(string id)
    {
        await using var emulator = Emulator.Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(emulator.Address, "/_emu/events"));
        request.Headers.TryAddWithoutValidation("Last-Event-ID", id);

        await emulator.SendAsync(request).AssertProblemAsync(HttpStatusCode.BadRequest, InvalidId);
        await emulator.SendAsync("GET", $"/_emu/events?last_event_id={id}").AssertProblemAsync(HttpStatusCode.BadRequest, InvalidId);
    }

    [Fact]
    public async Task The_stream_requires_the_token_and_ends_cleanly_when_the_emulator_stops()
    {
        var emulator = Emulator.Start("Control:Token=s3cret");
        using var refused = await emulator.SendAsync("GET", "/_emu/events", authorization: null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var client = emulator.CreateClient("s3cret");
        using var events = await ServerSentEvents.FollowAsync(client, "/_emu/events");

        var stopping = emulator.DisposeAsync();

        await events.AssertEndAsync();
        await stopping;
    }

    private static Task<ServerSentEvents> FollowAsync(HttpClient client, string query = "", string? last = null) => ServerSentEvents.FollowAsync(client, $"/_emu/events{query}", last);
}
