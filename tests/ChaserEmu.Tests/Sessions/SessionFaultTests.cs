using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Control;

namespace ChaserEmu.Tests.Sessions;

public sealed class SessionFaultTests
{
    [Fact]
    public async Task Session_stays_in_creating_until_the_clock_has_passed_the_fault()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.Client();
        await emulator.AddFaultAsync(new { effect = new { type = "stay_creating", seconds = 60 }, count = 1 });
        var id = (await client.CreateSessionAsync()).Id();

        await emulator.AdvanceAsync(59);
        Assert.Equal("creating", (await client.GetSessionAsync(id)).Text("status"));
        await emulator.AdvanceAsync(1);
        Assert.Equal("ready", (await client.GetSessionAsync(id)).Text("status"));
    }

    [Fact]
    public async Task Session_that_is_held_in_creating_is_not_let_go_with_its_rule_but_by_time()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.Client();
        var rule = await emulator.AddFaultAsync(new { effect = new { type = "stay_creating", seconds = 60 } });
        var id = (await client.CreateSessionAsync()).Id();

        await emulator.DeleteFaultAsync(rule);
        await emulator.AdvanceAsync(59);
        Assert.Equal("creating", (await client.GetSessionAsync(id)).Text("status"));
        await emulator.AdvanceAsync(1);
        Assert.Equal("ready", (await client.GetSessionAsync(id)).Text("status"));
    }

    [Fact]
    public async Task Session_ends_in_error_where_it_would_become_ready()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client();
        await emulator.AddFaultAsync(new { effect = new { type = "provisioning_error" }, count = 1 });

        Assert.Equal("error", (await client.CreateReadySessionAsync()).Text("status"));
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    [Fact]
    public async Task Device_is_missing_for_the_first_polls_and_then_there()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client();
        var rule = await emulator.AddFaultAsync(new { effect = new { type = "device_missing", polls = 2 } });
        var id = (await client.CreateReadySessionAsync()).Id();

        using var list = await client.GetAsync("/v1/sessions");
        Assert.Equal(rule, list.Headers.GetValues("x-chaser-emu-fault").Single());
        Assert.Equal(JsonValueKind.Null, (await list.JsonAsync()).GetProperty("data")[0].GetProperty("device").ValueKind);
        using var second = await client.GetAsync($"/v1/sessions/{id}");
        Assert.Equal(rule, second.Headers.GetValues("x-chaser-emu-fault").Single());
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(await second.Content.ReadAsStringAsync()).RootElement.GetProperty("device").ValueKind);
        Assert.NotNull((await client.GetSessionAsync(id)).Text("device"));
        using var later = await client.GetAsync("/v1/sessions");
        Assert.NotNull((await later.JsonAsync()).GetProperty("data")[0].Text("device"));
        Assert.False(later.Headers.Contains("x-chaser-emu-fault"));
    }

    [Fact]
    public async Task Crash_comes_at_its_emulated_time_after_ready()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.Client();
        await emulator.AddFaultAsync(new { effect = new { type = "browser_crash", after_seconds = 30 }, count = 1 });
        var id = (await client.CreateReadySessionAsync()).Id();

        Assert.Empty(await emulator.AdvanceAsync(29));
        Assert.Equal("substrate_down", (string?)Assert.Single(await emulator.AdvanceAsync(1))!["ended_reason"]);
        var ended = await client.GetSessionAsync(id);
        Assert.Equal(TimeSpan.FromSeconds(30), ended.GetProperty("ended_at").GetDateTimeOffset() - ended.GetProperty("ready_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task Crash_that_a_session_did_not_live_to_see_is_left_to_the_next()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.Client();
        await emulator.AddFaultAsync(new { effect = new { type = "browser_crash", after_seconds = 30 }, count = 1 });
        var first = (await client.CreateReadySessionAsync()).Id();
        (await client.DeleteAsync($"/v1/sessions/{first}")).EnsureSuccessStatusCode();
        Assert.Equal(0, (await emulator.FaultsAsync()).Single().GetProperty("fired").GetInt32());

        var second = (await client.CreateReadySessionAsync()).Id();
        await emulator.AdvanceAsync(30);
        Assert.Equal("substrate_down", (await client.GetSessionAsync(second)).Text("ended_reason"));
        Assert.Equal(1, (await emulator.FaultsAsync()).Single().GetProperty("fired").GetInt32());
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Emulator_with_a_frozen_browser_stops_in_order()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        int pid;
        string id;
        await using (var emulator = await EmulatorProcess.StartAsync(folder))
        {
            using var client = emulator.Client();
            id = (await client.CreateReadySessionAsync()).Id();
            pid = (await EmulatorProcess.InspectAsync(client, id)).GetProperty("browser_pid").GetInt32();
            using var rule = System.Net.Http.Json.JsonContent.Create(new { match = new { session = id }, effect = new { type = "browser_freeze" } });
            (await client.PostAsync("/_emu/faults", rule)).EnsureSuccessStatusCode();
            await Eventually.True(() => State(pid) == 'T');
            Assert.Equal(0, await emulator.StopAsync());
        }

        Assert.False(Directory.Exists($"/proc/{pid}"));
        await using var next = Emulator.StartIn(folder);
        using var after = next.Client(Emulator.LiveKey);
        Assert.Equal("abandoned_orphan", (await after.GetSessionAsync(id)).Text("ended_reason"));
    }

    [Fact]
    public async Task Rule_that_has_the_browser_keeps_it_whatever_rules_come_after_it()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.Client();
        var first = await emulator.AddFaultAsync(new { effect = new { type = "browser_crash", after_seconds = 30 } });
        await emulator.AddFaultAsync(new { effect = new { type = "browser_crash", after_seconds = 20 } });
        var kept = await client.CreateReadySessionAsync();
        var freed = await client.CreateReadySessionAsync();
        await emulator.AdvanceAsync(0);
        await emulator.AddFaultAsync(new { match = new { route = "/v1/billing/topup" }, effect = new { type = "reset" } });

        Assert.Empty(await emulator.AdvanceAsync(29));
        Assert.Equal(2, (await emulator.AdvanceAsync(1)).Count);
        Assert.Equal("substrate_down", (await client.GetSessionAsync(kept.Id())).Text("ended_reason"));

        var next = await client.CreateReadySessionAsync();
        await emulator.AdvanceAsync(0);
        await emulator.DeleteFaultAsync(first);
        await emulator.AdvanceAsync(20);
        Assert.Equal("substrate_down", (await client.GetSessionAsync(next.Id())).Text("ended_reason"));
        Assert.NotEqual(freed.Id(), next.Id());
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Rule_added_to_a_ready_session_crashes_its_browser_at_once()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.Client(Emulator.LiveKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        var pid = (await emulator.InspectAsync(id)).GetProperty("browser_pid").GetInt32();
        await emulator.AddFaultAsync(new { match = new { session = id }, effect = new { type = "browser_crash" } });

        await Eventually.AsyncValue(() => client.GetSessionAsync(id), session => session.Text("ended_reason") == "substrate_down");
        Assert.False(Directory.Exists($"/proc/{pid}"));
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Frozen_browser_goes_with_its_session()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.Client(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        var id = session.Id();
        var pid = (await emulator.InspectAsync(id)).GetProperty("browser_pid").GetInt32();
        var rule = await emulator.AddFaultAsync(new { match = new { session = id }, effect = new { type = "browser_freeze" } });
        await Eventually.True(() => State(pid) == 'T');
        await emulator.DeleteFaultAsync(rule);
        await Eventually.True(() => State(pid) is 'S' or 'R');
        await emulator.AddFaultAsync(new { match = new { session = id }, effect = new { type = "browser_freeze" } });
        await Eventually.True(() => State(pid) == 'T');

        // One may take the connection that is open beforehand; the others hear nothing from the browser.
        string[] addresses = [$"{session.Text("cdp_url")}/devtools/page/NONE", session.Text("cdp_url")!, session.Text("cdp_url")!];
        var connecting = addresses.Select(address => Gateway.RawCdpClient.AskAsync(address)).ToArray();
        await Eventually.AsyncValue(() => emulator.InspectAsync(id), inside => inside.GetProperty("cdp_connections").GetInt32() == connecting.Length);

        using var deleted = await client.DeleteAsync($"/v1/sessions/{id}");
        Assert.Equal(System.Net.HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.False(Directory.Exists($"/proc/{pid}"));
        var answers = await Task.WhenAll(connecting);
        var heads = answers.Select(answer => answer.Head.Split(' ')[1]).Order().ToList();
        Assert.True(heads is ["101" or "409", "409", "409"], string.Join(", ", heads));
        foreach (var answer in answers) answer.Dispose();
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    private static char State(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }
}
