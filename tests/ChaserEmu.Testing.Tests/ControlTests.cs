using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace ChaserEmu.Testing.Tests;

/// <summary>The typed clock, sessions, state and reset, against the real server.</summary>
public sealed class ControlTests
{
    [Fact]
    public async Task The_clock_can_be_read_frozen_run_set_and_advanced()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        var frozen = await emu.Clock.FreezeAsync();
        Assert.True(frozen.Frozen);
        Assert.Equal(frozen, await emu.Clock.GetAsync());

        Assert.Equal(frozen.Now.AddMinutes(1), (await emu.Clock.AdvanceAsync(TimeSpan.FromMinutes(1))).Now);
        Assert.Equal(frozen.Now.AddMinutes(2), (await emu.Clock.SetAsync(frozen.Now.AddMinutes(2))).Now);

        var running = await emu.Clock.RunAsync(60);
        Assert.Equal((60, false), (running.Rate, running.Frozen));
    }

    [Fact]
    public async Task Setting_the_clock_back_throws_with_the_reason()
    {
        await using var emu = await ChaserEmulator.StartAsync();

        var refused = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Clock.SetAsync(DateTimeOffset.UnixEpoch));

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("the clock never goes back", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdvanceAsync_returns_the_transitions_in_order()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Frozen = true });
        var start = (await emu.Clock.GetAsync()).Now;
        using var client = emu.CreateClient(emu.NewKey());
        var longer = await client.CreateSessionAsync(new { ttl_seconds = 200 });
        var shorter = await client.CreateSessionAsync(new { ttl_seconds = 100 });

        var move = await emu.Clock.AdvanceAsync(TimeSpan.FromMinutes(10));

        var closed = move.Transitions.Where(transition => transition.Status is SessionStatus.Closed);
        Assert.Equal(
            [new(shorter, SessionStatus.Closed, EndedReason.TtlExpired, start.AddSeconds(100)), new SessionTransition(longer, SessionStatus.Closed, EndedReason.TtlExpired, start.AddSeconds(200))],
            closed);
    }

    [Fact]
    public async Task Sessions_are_listed_inspected_and_ended_for_each_of_the_reasons()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Settings = { ["Sessions:ProvisioningSeconds"] = "3600" } });
        using var client = emu.CreateClient(emu.NewKey());
        foreach (var reason in Enum.GetValues<EndedReason>())
        {
            var id = await client.CreateSessionAsync();
            var inside = Assert.Single(await emu.Sessions.ListAsync(status: SessionStatus.Creating));
            Assert.Equal(inside, Assert.Single(await emu.Sessions.ListAsync(inside.WorkspaceId)));
            Assert.Equal((id, true, SessionStatus.Creating), (inside.SessionId, inside.TestMode, inside.Status));
            Assert.Empty(await emu.Sessions.ListAsync(status: SessionStatus.Ready));

            Assert.Equal((SessionStatus.Closed, reason), ((await emu.Sessions.EndAsync(id, reason)).Status, (await emu.Sessions.GetAsync(id)).EndedReason));
            Assert.Equal(HttpStatusCode.Conflict, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Sessions.EndAsync(id, reason))).StatusCode);
        }
    }

    [Fact]
    public async Task A_state_is_exported_and_imported()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient("cha_test_kept");
        var session = await client.CreateSessionAsync();
        await emu.Sessions.EndAsync(session, EndedReason.ClientDelete);
        var state = await emu.State.ExportAsync();

        await emu.ResetAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/v1/sessions/{session}")).StatusCode);
        var taken = await emu.State.ImportAsync(state);

        Assert.Equal((1, 0), (taken.Sessions, taken.Abandoned));
        Assert.Equal("client_delete", await client.GetEndedReasonAsync(session));
        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.State.ImportAsync("{}"))).StatusCode);
    }

    [Fact]
    public async Task A_reset_of_one_key_leaves_the_others_alone()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        var (mine, yours) = (emu.NewKey(), emu.NewKey());
        using var me = emu.CreateClient(mine);
        using var you = emu.CreateClient(yours);
        var (one, other) = (await me.CreateSessionAsync(), await you.CreateSessionAsync());

        Assert.Equal(new ResetOutcome(1, 1), await emu.ResetAsync(mine));
        Assert.Equal(HttpStatusCode.NotFound, (await me.GetAsync($"/v1/sessions/{one}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await you.GetAsync($"/v1/sessions/{other}")).StatusCode);

        await emu.ResetAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await you.GetAsync($"/v1/sessions/{other}")).StatusCode);
    }

    [Fact]
    public async Task The_types_cover_every_field_of_the_responses()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Frozen = true });
        using var anyone = emu.CreateClient(null);
        using var client = emu.CreateClient(emu.NewKey());
        await emu.Faults.AddAsync(RestFault.Status("rate_limited", TimeSpan.FromSeconds(3)).On(HttpMethod.Get, "/v1/usage").Once());
        var session = await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await client.GetAsync("/v1/usage");

        await SameAsync("/_emu/clock", ControlJson.Default.ClockReading);
        await SameAsync($"/_emu/sessions/{session}", ControlJson.Default.SessionInspection);
        await SameAsync("/_emu/sessions", ControlJson.Default.SessionList);
        await SameAsync("/_emu/faults", ControlJson.Default.FaultList);
        await SameAsync("/_emu/journal", ControlJson.Default.JournalPage);

        // Answers, read by the types and written by them again, lose nothing.
        async Task SameAsync<T>(string path, JsonTypeInfo<T> type)
        {
            var answer = await anyone.GetStringAsync(path);
            var again = JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(answer, type)!, type);
            Assert.Equal(Plain(JsonNode.Parse(answer))!.ToJsonString(), Plain(again)!.ToJsonString());
        }
    }

    /// <summary>JSON with its times in one form, its fields in one order, and without what is null.</summary>
    private static JsonNode? Plain(JsonNode? json) => json switch
    {
        JsonObject fields => new JsonObject(fields.Where(field => field.Value is not null).OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, Plain(field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Plain)]),
        JsonValue value when value.TryGetValue<DateTimeOffset>(out var time) => time.ToUniversalTime().ToString("O"),
        _ => json?.DeepClone(),
    };
}
