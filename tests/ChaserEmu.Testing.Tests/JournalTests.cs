using System.Net;
using System.Text.Json.Nodes;

namespace ChaserEmu.Testing.Tests;

/// <summary>Tests <see cref="EmulatorJournal"/> with a real server.</summary>
public sealed class JournalTests
{
    [Fact]
    public async Task Calls_are_found_by_every_filter()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        var key = emu.NewKey();
        using var client = emu.CreateClient(key);
        var session = await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await client.GetAsync($"/v1/sessions/{session}");
        await client.GetAsync("/v1/sessions/sess_none");
        var workspace = (await emu.Sessions.GetAsync(session)).WorkspaceId;

        var created = Assert.Single((await emu.Journal.QueryAsync(new() { Operation = "createSession" })).Entries);
        Assert.Equal(("POST", "/v1/sessions", 201, session, workspace), (created.Method, created.Path, created.Status, created.SessionId, created.WorkspaceId));
        Assert.Equal(100, (int)created.RequestBody!["ttl_seconds"]!);
        Assert.Equal(session, (string?)created.ResponseBody!["id"]);

        Assert.Equal(3, await CountAsync(new() { Key = key }));
        Assert.Equal(2, await CountAsync(new() { Session = session }));
        Assert.Equal(2, await CountAsync(new() { Method = "GET" }));
        Assert.Equal(1, await CountAsync(new() { Workspace = workspace, Path = "/v1/sessions" }));
        Assert.Equal(2, await CountAsync(new() { Route = "/v1/sessions/{id}" }));
        Assert.Equal(1, await CountAsync(new() { Status = 404, ErrorCode = "session_not_found" }));

        var all = await emu.Journal.QueryAsync();
        Assert.Equal((3, 3, 0), (all.Entries.Count, all.Newest, all.Evicted));
        Assert.Equal(3, Assert.Single((await emu.Journal.QueryAsync(limit: 1)).Entries).Sequence);
        Assert.Equal([2, 3], (await emu.Journal.QueryAsync(since: created.Sequence)).Entries.Select(entry => entry.Sequence));

        async Task<int> CountAsync(CallMatch match) => (await emu.Journal.QueryAsync(match)).Entries.Count;
    }

    [Fact]
    public async Task Calls_beside_the_contract_are_listed()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(emu.NewKey());
        await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await client.CreateSessionAsync(new { ttl = 100 });

        var call = Assert.Single((await emu.Journal.GetDeviationsAsync()).Entries);

        Assert.Equal(new Deviation(DeviationKind.UnknownField, "The body has the unknown field 'ttl'. The fields are profile, ttl_seconds."), Assert.Single(call.Deviations));
        Assert.Empty((await emu.Journal.GetDeviationsAsync(since: call.Sequence)).Entries);
    }

    [Fact]
    public async Task Calls_are_verified_by_count()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(emu.NewKey());
        await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await client.CreateSessionAsync(new { ttl_seconds = 200 });
        var created = new CallMatch { Operation = "createSession" };

        Assert.Equal(2, await emu.Journal.VerifyAsync(created, exactly: 2));
        Assert.Equal(2, await emu.Journal.VerifyAsync(created, atLeast: 1));
        Assert.Equal(2, await emu.Journal.VerifyAsync(created, atMost: 3));
        Assert.Equal(1, await emu.Journal.VerifyAsync(created, exactly: 1, since: 1));
        Assert.Equal(1, await emu.Journal.VerifyAsync(created with { Body = new JsonObject { ["ttl_seconds"] = 200 } }, exactly: 1));
        await Assert.ThrowsAsync<JournalVerificationException>(() => emu.Journal.VerifyAsync(created, exactly: 3));
        await Assert.ThrowsAsync<JournalVerificationException>(() => emu.Journal.VerifyAsync(created, atLeast: 3));
        await Assert.ThrowsAsync<JournalVerificationException>(() => emu.Journal.VerifyAsync(created, atMost: 1));
        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Journal.VerifyAsync(created))).StatusCode);
    }

    [Fact]
    public async Task A_failed_verification_shows_the_closest_calls_and_their_differences()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(emu.NewKey());
        await client.GetAsync("/v1/usage");
        await client.CreateSessionAsync(new { ttl_seconds = 100 });

        var failed = await Assert.ThrowsAsync<JournalVerificationException>(() =>
            emu.Journal.VerifyAsync(new() { Operation = "createSession", Body = new JsonObject { ["ttl_seconds"] = 200 } }, exactly: 1));

        Assert.Equal((0, "exactly 1", 2), (failed.Count, failed.Expected, failed.Closest.Count));
        Assert.StartsWith("Expected exactly 1 matching calls, but found 0.", failed.Message, StringComparison.Ordinal);
        Assert.Contains("#2 POST /v1/sessions → 201: body.ttl_seconds was 100 and not 200", failed.Message, StringComparison.Ordinal);
        Assert.Contains("#1 GET /v1/usage → 200: operation was getUsage and not createSession", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifyAsync_throws_if_evicted_calls_could_change_the_result()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Settings = { ["Journal:Capacity"] = "1" } });
        using var client = emu.CreateClient(emu.NewKey());
        await client.GetAsync("/v1/usage");
        await client.GetAsync("/v1/usage");

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Journal.VerifyAsync(new() { Operation = "createSession" }, exactly: 0));

        Assert.Equal(HttpStatusCode.Conflict, exception.StatusCode);
        Assert.Equal(1, (await emu.Journal.QueryAsync()).Evicted);
    }

    [Fact]
    public async Task The_journal_can_be_deleted_for_all_or_one_workspace()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(emu.NewKey());
        using var otherClient = emu.CreateClient(emu.NewKey());
        var session = await client.CreateSessionAsync();
        await otherClient.GetAsync("/v1/usage");

        await emu.Journal.DeleteAsync((await emu.Sessions.GetAsync(session)).WorkspaceId);
        Assert.Equal("getUsage", Assert.Single((await emu.Journal.QueryAsync()).Entries).Operation);

        await emu.Journal.DeleteAsync();
        Assert.Empty((await emu.Journal.QueryAsync()).Entries);
    }

    [Fact]
    public async Task A_query_by_body_throws()
    {
        await using var emu = await ChaserEmulator.StartAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => emu.Journal.QueryAsync(new() { Body = [] }));
    }
}
