using System.Net;
using System.Text.Json.Nodes;

namespace ChaserEmu.Testing.Tests;

/// <summary>The typed journal, against the real server.</summary>
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

        var made = Assert.Single((await emu.Journal.QueryAsync(new() { Operation = "createSession" })).Entries);
        Assert.Equal(("POST", "/v1/sessions", 201, session, workspace), (made.Method, made.Path, made.Status, made.SessionId, made.WorkspaceId));
        Assert.Equal(100, (int)made.RequestBody!["ttl_seconds"]!);
        Assert.Equal(session, (string?)made.ResponseBody!["id"]);

        Assert.Equal(3, await CountAsync(new() { Key = key }));
        Assert.Equal(2, await CountAsync(new() { Session = session }));
        Assert.Equal(2, await CountAsync(new() { Method = "GET" }));
        Assert.Equal(1, await CountAsync(new() { Workspace = workspace, Path = "/v1/sessions" }));
        Assert.Equal(2, await CountAsync(new() { Route = "/v1/sessions/{id}" }));
        Assert.Equal(1, await CountAsync(new() { Status = 404, ErrorCode = "session_not_found" }));

        var all = await emu.Journal.QueryAsync();
        Assert.Equal((3, 3, 0), (all.Entries.Count, all.Newest, all.Evicted));
        Assert.Equal(3, Assert.Single((await emu.Journal.QueryAsync(limit: 1)).Entries).Sequence);
        Assert.Equal([2, 3], (await emu.Journal.QueryAsync(since: made.Sequence)).Entries.Select(entry => entry.Sequence));

        async Task<int> CountAsync(CallMatch match) => (await emu.Journal.QueryAsync(match)).Entries.Count;
    }

    [Fact]
    public async Task Calls_are_verified_by_count()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(emu.NewKey());
        await client.CreateSessionAsync(new { ttl_seconds = 100 });
        await client.CreateSessionAsync(new { ttl_seconds = 200 });
        var made = new CallMatch { Operation = "createSession" };

        Assert.Equal(2, await emu.Journal.VerifyAsync(made, exactly: 2));
        Assert.Equal(2, await emu.Journal.VerifyAsync(made, atLeast: 1));
        Assert.Equal(2, await emu.Journal.VerifyAsync(made, atMost: 3));
        Assert.Equal(1, await emu.Journal.VerifyAsync(made, exactly: 1, since: 1));
        Assert.Equal(1, await emu.Journal.VerifyAsync(made with { Body = new JsonObject { ["ttl_seconds"] = 200 } }, exactly: 1));
        await Assert.ThrowsAsync<JournalVerificationException>(() => emu.Journal.VerifyAsync(made, exactly: 3));
        await Assert.ThrowsAsync<JournalVerificationException>(() => emu.Journal.VerifyAsync(made, atLeast: 3));
        await Assert.ThrowsAsync<JournalVerificationException>(() => emu.Journal.VerifyAsync(made, atMost: 1));
        Assert.Equal(HttpStatusCode.BadRequest, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Journal.VerifyAsync(made))).StatusCode);
    }

    [Fact]
    public async Task A_verification_that_fails_shows_the_closest_calls_and_what_differed()
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

        var refused = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Journal.VerifyAsync(new() { Operation = "createSession" }, exactly: 0));

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(1, (await emu.Journal.QueryAsync()).Evicted);
    }

    [Fact]
    public async Task The_journal_can_be_deleted_for_all_or_one_workspace()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var one = emu.CreateClient(emu.NewKey());
        using var other = emu.CreateClient(emu.NewKey());
        var session = await one.CreateSessionAsync();
        await other.GetAsync("/v1/usage");

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
