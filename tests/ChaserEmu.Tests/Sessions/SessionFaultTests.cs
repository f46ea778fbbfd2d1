using System.Net;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Control;

namespace ChaserEmu.Tests.Sessions;

public sealed class SessionFaultTests
{
    [Fact]
    public async Task A_session_stays_in_creating_for_the_duration_of_the_fault()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { effect = new { type = "stay_creating", seconds = 60 }, count = 1 });
        var id = (await client.CreateSessionAsync()).Id();

        await emulator.AdvanceAsync(59);
        Assert.Equal("creating", (await client.GetSessionAsync(id)).Text("status"));
        await emulator.AdvanceAsync(1);
        Assert.Equal("ready", (await client.GetSessionAsync(id)).Text("status"));
    }

    [Fact]
    public async Task Deleting_a_stay_creating_rule_does_not_release_its_sessions_early()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
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
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { effect = new { type = "provisioning_error" }, count = 1 });

        Assert.Equal("error", (await client.CreateReadySessionAsync()).Text("status"));
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    [Fact]
    public async Task The_device_is_missing_for_the_first_polls_and_then_present()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var rule = await emulator.AddFaultAsync(new { effect = new { type = "device_missing", polls = 2 } });
        var id = (await client.CreateReadySessionAsync()).Id();

        using var list = await client.GetAsync("/v1/sessions");
        Assert.Equal(rule, list.Headers.GetValues("x-chaser-emu-fault").Single());
        Assert.Equal(JsonValueKind.Null, (await list.ReadJsonAsync()).GetProperty("data")[0].GetProperty("device").ValueKind);
        using var second = await client.GetAsync($"/v1/sessions/{id}");
        Assert.Equal(rule, second.Headers.GetValues("x-chaser-emu-fault").Single());
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(await second.Content.ReadAsStringAsync()).RootElement.GetProperty("device").ValueKind);
        Assert.NotNull((await client.GetSessionAsync(id)).Text("device"));
        using var later = await client.GetAsync("/v1/sessions");
        Assert.NotNull((await later.ReadJsonAsync()).GetProperty("data")[0].Text("device"));
        Assert.False(later.Headers.Contains("x-chaser-emu-fault"));
    }

    [Fact]
    public async Task The_cdp_url_is_null_in_all_responses_until_the_session_is_ready()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=20");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        var rule = await emulator.AddFaultAsync(new { effect = new { type = "cdp_url_late" }, count = 1 });

        // A client that reads the URL at creation finds none.
        using var creation = await client.PostAsync("/v1/sessions", null);
        var created = await creation.ReadJsonAsync(HttpStatusCode.Created);
        var id = created.Id();
        Assert.Equal(["id", "object", "status", "cdp_url", "created_at", "expires_at"], created.GetPropertyNames());
        Assert.Equal((null, rule), (created.Text("cdp_url"), creation.Headers.GetValues("x-chaser-emu-fault").Single()));
        Assert.Equal((null, rule), await GetCdpUrlAsync($"/v1/sessions/{id}"));
        Assert.Equal((null, rule), await GetCdpUrlAsync("/v1/sessions"));
        Assert.NotNull((await client.CreateSessionAsync()).Text("cdp_url"));

        await emulator.AdvanceAsync(20);
        var url = $"ws://{emulator.Address.Authority}/sessions/{id}";
        Assert.Equal((url, null), await GetCdpUrlAsync($"/v1/sessions/{id}"));
        (await client.DeleteAsync($"/v1/sessions/{id}")).EnsureSuccessStatusCode();
        Assert.Equal((url, null), await GetCdpUrlAsync($"/v1/sessions/{id}"));

        async Task<(string? CdpUrl, string? Fault)> GetCdpUrlAsync(string path)
        {
            using var answer = await client.GetAsync(path);
            var json = await answer.ReadJsonAsync();
            var session = json.TryGetProperty("data", out var data) ? data.EnumerateArray().Single(session => session.Id() == id) : json;
            return (session.Text("cdp_url"), answer.Headers.TryGetValues("x-chaser-emu-fault", out var values) ? values.Single() : null);
        }
    }

    [Fact]
    public async Task A_crash_fires_at_its_emulated_time_after_ready()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { effect = new { type = "browser_crash", after_seconds = 30 }, count = 1 });
        var id = (await client.CreateReadySessionAsync()).Id();

        Assert.Empty(await emulator.AdvanceAsync(29));
        Assert.Equal("substrate_down", (string?)Assert.Single(await emulator.AdvanceAsync(1))!["ended_reason"]);
        var ended = await client.GetSessionAsync(id);
        Assert.Equal(TimeSpan.FromSeconds(30), ended.GetProperty("ended_at").GetDateTimeOffset() - ended.GetProperty("ready_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_crash_that_one_session_does_not_reach_applies_to_the_next()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { effect = new { type = "browser_crash", after_seconds = 30 }, count = 1 });
        var first = (await client.CreateReadySessionAsync()).Id();
        (await client.DeleteAsync($"/v1/sessions/{first}")).EnsureSuccessStatusCode();
        Assert.Equal(0, (await emulator.ListFaultsAsync()).Single().GetProperty("fired").GetInt32());

        var second = (await client.CreateReadySessionAsync()).Id();
        await emulator.AdvanceAsync(30);
        Assert.Equal("substrate_down", (await client.GetSessionAsync(second)).Text("ended_reason"));
        Assert.Equal(1, (await emulator.ListFaultsAsync()).Single().GetProperty("fired").GetInt32());
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task An_emulator_with_a_frozen_browser_stops_gracefully()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        int pid;
        string id;
        await using (var emulator = await EmulatorProcess.StartAsync(folder))
        {
            using var client = emulator.CreateClient();
            id = (await client.CreateReadySessionAsync()).Id();
            pid = (await EmulatorProcess.InspectAsync(client, id)).GetProperty("browser_pid").GetInt32();
            using var rule = System.Net.Http.Json.JsonContent.Create(new { match = new { session = id }, effect = new { type = "browser_freeze" } });
            (await client.PostAsync("/_emu/faults", rule)).EnsureSuccessStatusCode();
            await Eventually.IsTrueAsync(() => GetProcessState(pid) == 'T');
            Assert.Equal(0, await emulator.StopAsync());
        }

        Assert.False(Directory.Exists($"/proc/{pid}"));
        await using var next = Emulator.StartIn(folder);
        using var after = next.CreateClient(Emulator.LiveKey);
        Assert.Equal("abandoned_orphan", (await after.GetSessionAsync(id)).Text("ended_reason"));
    }

    [Fact]
    public async Task A_browser_keeps_its_rule_when_later_rules_are_added()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
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
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        var pid = (await emulator.InspectAsync(id)).GetProperty("browser_pid").GetInt32();
        await emulator.AddFaultAsync(new { match = new { session = id }, effect = new { type = "browser_crash" } });

        await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("ended_reason") == "substrate_down");
        Assert.False(Directory.Exists($"/proc/{pid}"));
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_frozen_browser_ends_with_its_session()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        var id = session.Id();
        var pid = (await emulator.InspectAsync(id)).GetProperty("browser_pid").GetInt32();
        var rule = await emulator.AddFaultAsync(new { match = new { session = id }, effect = new { type = "browser_freeze" } });
        await Eventually.IsTrueAsync(() => GetProcessState(pid) == 'T');
        await emulator.DeleteFaultAsync(rule);
        await Eventually.IsTrueAsync(() => GetProcessState(pid) is 'S' or 'R');
        await emulator.AddFaultAsync(new { match = new { session = id }, effect = new { type = "browser_freeze" } });
        await Eventually.IsTrueAsync(() => GetProcessState(pid) == 'T');

        // One may use the preconnected socket; the others get no response from the browser.
        string[] addresses = [$"{session.Text("cdp_url")}/devtools/page/NONE", session.Text("cdp_url")!, session.Text("cdp_url")!];
        var connecting = addresses.Select(address => Gateway.RawCdpClient.RequestUpgradeAsync(address)).ToArray();
        await Eventually.GetAsync(() => emulator.InspectAsync(id), inside => inside.GetProperty("cdp_connections").GetInt32() == connecting.Length);

        using var deleted = await client.DeleteAsync($"/v1/sessions/{id}");
        Assert.Equal(System.Net.HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.False(Directory.Exists($"/proc/{pid}"));
        var rawClients = await Task.WhenAll(connecting);
        var heads = rawClients.Select(rawClient => rawClient.ResponseHead.Split(' ')[1]).Order().ToList();
        Assert.True(heads is ["101" or "409", "409", "409"], string.Join(", ", heads));
        foreach (var rawClient in rawClients) rawClient.Dispose();
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    private static char GetProcessState(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }
}
