using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace ChaserEmu.Testing.Tests;

/// <summary>Tests the clock, sessions, state and reset of the client with a real server.</summary>
public sealed class ControlTests
{
    [Fact]
    public async Task The_clock_can_be_read_frozen_run_set_and_advanced()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        var frozen = await emu.Clock.FreezeAsync();
        Assert.True(frozen.Frozen);
        Assert.Equal(new ClockReading(frozen.Now, frozen.Rate, true), await emu.Clock.GetAsync());

        Assert.Equal(frozen.Now.AddMinutes(1), (await emu.Clock.AdvanceAsync(TimeSpan.FromMinutes(1))).Now);
        Assert.Equal(frozen.Now.AddMinutes(2), (await emu.Clock.SetAsync(frozen.Now.AddMinutes(2))).Now);

        var running = await emu.Clock.RunAsync(60);
        Assert.Equal((60, false), (running.Rate, running.Frozen));
    }

    [Fact]
    public async Task Setting_the_clock_back_throws_with_the_reason()
    {
        await using var emu = await ChaserEmulator.StartAsync();

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Clock.SetAsync(DateTimeOffset.UnixEpoch));

        Assert.Equal(HttpStatusCode.BadRequest, exception.StatusCode);
        Assert.Contains("the clock never goes back", exception.Message, StringComparison.Ordinal);
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

        // A session expires slightly before its TTL (docs/fidelity.md).
        DateTimeOffset At(double seconds) => start.AddSeconds(seconds).AddMicroseconds(-997);
        var closed = move.Transitions.Where(transition => transition.Status is SessionStatus.Closed);
        Assert.Equal(
            [new(shorter, SessionStatus.Closed, EndedReason.TtlExpired, At(100)), new SessionTransition(longer, SessionStatus.Closed, EndedReason.TtlExpired, At(200))],
            closed);
    }

    [Fact]
    public async Task Ended_sessions_and_those_of_one_key_are_listed()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var first = emu.CreateClient(emu.NewKey());
        using var second = emu.CreateClient(emu.NewKey());
        var ended = await first.CreateSessionAsync();
        var open = await second.CreateSessionAsync();
        await emu.Sessions.EndAsync(ended, EndedReason.ClientDelete);

        Assert.Equal([open], (await emu.Sessions.ListAsync()).Select(session => session.SessionId));
        var all = await emu.Sessions.ListAsync(includeEnded: true);
        Assert.Equal([ended, open], all.Select(session => session.SessionId));
        Assert.Equal([ended], (await emu.Sessions.ListAsync(keyId: all[0].KeyId, includeEnded: true)).Select(session => session.SessionId));
        Assert.Empty(await emu.Sessions.GetFailedRequestsAsync(open));
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Sessions.GetFrameAsync(open, width: 320))).StatusCode);
    }

    [Fact]
    public async Task A_workspace_gets_another_balance_and_one_limit_without_losing_the_other()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(emu.NewKey());
        await client.CreateSessionAsync();
        var workspace = Assert.Single(await emu.Workspaces.ListAsync(), workspace => workspace.OpenSessions == 1);

        await emu.Workspaces.UpdateAsync(workspace.Id, new UpdateWorkspaceRequest(Limits: new UpdateLimitsRequest(CreatesPerMinute: 7)));
        var changed = await emu.Workspaces.UpdateAsync(workspace.Id, new UpdateWorkspaceRequest(BalanceMicroUsd: 0, new UpdateLimitsRequest(Concurrent: 3)));

        Assert.Equal((0, new WorkspaceLimits(3, 7)), (changed.BalanceMicroUsd, changed.Limits));
        Assert.Equal(changed.Limits, (await emu.Workspaces.GetAsync(workspace.Id)).Limits);
    }

    [Fact]
    public async Task Sessions_are_listed_inspected_and_ended_for_each_of_the_reasons()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Settings = { ["Sessions:ProvisioningSeconds"] = "3600" } });
        using var client = emu.CreateClient(emu.NewKey());
        foreach (var reason in Enum.GetValues<EndedReason>())
        {
            var id = await client.CreateSessionAsync();
            var inspection = Assert.Single(await emu.Sessions.ListAsync(status: SessionStatus.Creating));
            Assert.Equal(inspection, Assert.Single(await emu.Sessions.ListAsync(inspection.WorkspaceId)));
            Assert.Equal((id, true, SessionStatus.Creating), (inspection.SessionId, inspection.TestMode, inspection.Status));
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
        var imported = await emu.State.ImportAsync(state);

        Assert.Equal((1, 0), (imported.Sessions, imported.Abandoned));
        Assert.Equal("client_delete", await client.GetEndedReasonAsync(session));
        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.State.ImportAsync("{}"))).StatusCode);
    }

    [Fact]
    public async Task A_reset_of_one_key_does_not_affect_other_keys()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        var (key, otherKey) = (emu.NewKey(), emu.NewKey());
        using var client = emu.CreateClient(key);
        using var otherClient = emu.CreateClient(otherKey);
        var (session, otherSession) = (await client.CreateSessionAsync(), await otherClient.CreateSessionAsync());

        Assert.Equal(new ResetOutcome(1, 1), await emu.ResetAsync(key));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/v1/sessions/{session}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await otherClient.GetAsync($"/v1/sessions/{otherSession}")).StatusCode);

        await emu.ResetAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await otherClient.GetAsync($"/v1/sessions/{otherSession}")).StatusCode);
    }

    [Fact]
    public async Task The_types_cover_every_field_of_the_responses()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Frozen = true });
        using var anonymous = emu.CreateClient(null);
        using var client = emu.CreateClient(emu.NewKey());
        await emu.Faults.AddAsync(RestFault.Status("rate_limited", TimeSpan.FromSeconds(3)).On(HttpMethod.Get, "/v1/usage").Once());
        var session = await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await client.GetAsync("/v1/usage");

        await AssertRoundTripAsync("/_emu/clock", ClockJson.Default.ClockReading);
        await AssertRoundTripAsync($"/_emu/sessions/{session}", InspectionJson.Default.SessionInspection);
        await AssertRoundTripAsync("/_emu/sessions", InspectionJson.Default.SessionInspectionList);
        await AssertRoundTripAsync("/_emu/workspaces", WorkspacesJson.Default.WorkspaceInspectionList);
        await AssertRoundTripAsync("/_emu/dashboard", DashboardJson.Default.DashboardInfo);
        await AssertRoundTripAsync("/_emu/faults", FaultsJson.Default.FaultList);
        await AssertRoundTripAsync("/_emu/journal", JournalJson.Default.JournalPage);

        // A response that is deserialized and serialized again must not lose a field.
        async Task AssertRoundTripAsync<T>(string path, JsonTypeInfo<T> type)
        {
            var json = await anonymous.GetStringAsync(path);
            var roundTripped = JsonSerializer.SerializeToNode(JsonSerializer.Deserialize(json, type)!, type);
            Assert.Equal(Normalize(JsonNode.Parse(json))!.ToJsonString(), Normalize(roundTripped)!.ToJsonString());
        }
    }

    /// <summary>Returns the JSON with times in one format, fields in one order, and without null values.</summary>
    private static JsonNode? Normalize(JsonNode? json) => json switch
    {
        JsonObject fields => new JsonObject(fields.Where(field => field.Value is not null).OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => KeyValuePair.Create(field.Key, Normalize(field.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Normalize)]),
        JsonValue value when value.TryGetValue<DateTimeOffset>(out var time) => time.ToUniversalTime().ToString("O"),
        _ => json?.DeepClone(),
    };
}
