using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/sessions</c>: lists sessions, and ends a session with any reason.</summary>
public sealed class SessionControlTests
{
    private const string InvalidReason = "reason must be client_delete, ttl_expired, idle_expired, abandoned_orphan or substrate_down.";

    [Theory]
    [InlineData("client_delete", 500_000)]
    [InlineData("ttl_expired", 500_000)]
    [InlineData("idle_expired", 500_000)]
    [InlineData("abandoned_orphan", 500_000)]
    [InlineData("substrate_down", 0)]
    [Trait("Needs", "Chrome")]
    public async Task A_session_ends_with_the_given_reason_and_its_charge(string reason, long billed)
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        emulator.AddReceivedBytes(id, 100_000_000);

        var inspection = await (await EndAsync(emulator, id, reason)).ReadJsonAsync();

        Assert.Equal(("closed", reason), (inspection.Text("status"), inspection.Text("ended_reason")));
        Assert.Equal(billed, inspection.GetProperty("billed_micro_usd").GetInt64());
        Assert.Equal(JsonValueKind.Null, inspection.GetProperty("browser_pid").ValueKind);
        Assert.Equal(reason, (await client.GetSessionAsync(id)).Text("ended_reason"));
    }

    [Fact]
    public async Task A_session_that_is_still_creating_can_be_ended()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=3600");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();

        await (await EndAsync(emulator, id, "abandoned_orphan")).ReadJsonAsync();

        var session = await client.GetSessionAsync(id);
        Assert.Equal((session.Text("created_at"), "abandoned_orphan", null), (session.Text("ended_at"), session.Text("ended_reason"), session.Text("ready_at")));
    }

    [Fact]
    public async Task An_invalid_end_request_is_rejected_with_advice()
    {
        const string unknown = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();

        await EndAsync(emulator, unknown, "ttl_expired").AssertProblemAsync(HttpStatusCode.NotFound, $"There is no session {unknown}.");
        await EndAsync(emulator, "x", "ttl_expired").AssertProblemAsync(HttpStatusCode.NotFound, "There is no session x.");
        foreach (var reason in (string?[])["bored", "TTL_EXPIRED", "ttl_expired,idle_expired", "0", "", null])
            await EndAsync(emulator, id, reason).AssertProblemAsync(HttpStatusCode.BadRequest, InvalidReason);
        await emulator.SendAsync("POST", $"/_emu/sessions/{id}/end", """{"reason":5}""").AssertProblemAsync(HttpStatusCode.BadRequest, InvalidReason);
        await emulator.SendAsync("POST", $"/_emu/sessions/{id}/end", "{}").AssertProblemAsync(HttpStatusCode.BadRequest, InvalidReason.Replace("reason must be", "reason is missing; it must be", StringComparison.Ordinal));
        Assert.Equal("ready", (await client.GetSessionAsync(id)).Text("status"));

        await (await EndAsync(emulator, id, "ttl_expired")).ReadJsonAsync();
        await EndAsync(emulator, id, "idle_expired").AssertProblemAsync(
            HttpStatusCode.Conflict, $"{id} has already ended or is ending. GET /_emu/sessions/{id} shows the reason.");
        Assert.Equal("ttl_expired", (await client.GetSessionAsync(id)).Text("ended_reason"));
    }

    [Fact]
    public async Task Sessions_of_all_workspaces_are_listed_by_workspace_status_and_reason()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=30");
        using var one = emulator.CreateClient("cha_test_one");
        using var other = emulator.CreateClient("cha_test_other");
        await emulator.FreezeAsync();
        var ready = (await one.CreateSessionAsync()).Id();
        var ended = (await one.CreateSessionAsync()).Id();
        await emulator.AdvanceAsync(30);
        var creating = (await other.CreateSessionAsync()).Id();
        await one.DeleteAsync($"/v1/sessions/{ended}");
        var workspace = (await emulator.InspectAsync(ready)).Text("workspace_id");

        Assert.Equal([creating, ended, ready], await ListAsync(emulator, ""));
        Assert.Equal([ended, ready], await ListAsync(emulator, "?workspace=" + workspace));
        Assert.Equal([creating, ready], await ListAsync(emulator, "?status=open"));
        Assert.Equal([creating], await ListAsync(emulator, "?status=creating"));
        Assert.Equal([ready], await ListAsync(emulator, "?status=ready"));
        Assert.Empty(await ListAsync(emulator, $"?status=creating&workspace={workspace}"));
        Assert.Equal([ended], await ListAsync(emulator, "?status=ended"));
        Assert.Equal([ended], await ListAsync(emulator, "?status=closed"));
        Assert.Empty(await ListAsync(emulator, "?status=error"));
        Assert.Equal([ended], await ListAsync(emulator, $"?reason=client_delete&workspace={workspace}"));
        Assert.Empty(await ListAsync(emulator, "?reason=ttl_expired&status=ended"));
    }

    [Fact]
    public async Task Sessions_are_listed_by_the_key_that_created_them()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var first = await client.CreateSessionAsync();
        using var other = emulator.CreateClient(await CreateKeyAsync(emulator));
        var (ended, open) = (await other.CreateSessionAsync(), await other.CreateSessionAsync());
        await other.DeleteAsync($"/v1/sessions/{ended.Id()}");
        var (key, otherKey) = ((await emulator.InspectAsync(first.Id())).Text("key_id"), (await emulator.InspectAsync(open.Id())).Text("key_id"));

        Assert.Equal([first.Id()], await ListAsync(emulator, "?key_id=" + key));
        Assert.Equal([open.Id(), ended.Id()], await ListAsync(emulator, "?key_id=" + otherKey));
        Assert.Equal([open.Id()], await ListAsync(emulator, $"?key_id={otherKey}&status=open"));
        Assert.Equal([ended.Id()], await ListAsync(emulator, $"?key_id={otherKey}&status=ended"));
        Assert.Empty(await ListAsync(emulator, $"?key_id={otherKey}&workspace=ws_default"));
    }

    /// <summary>Creates a further key in the workspace of the test key, and returns its secret.</summary>
    private static async Task<string> CreateKeyAsync(Emulator emulator)
    {
        using var dashboard = emulator.CreateClient(null);
        dashboard.DefaultRequestHeaders.Add("Cookie", "chaser_session=" + Emulator.TestKey);
        var created = await dashboard.PostAsJsonAsync("/v1/keys", new { test_mode = true });
        return (await created.Content.ReadFromJsonAsync<JsonElement>()).Text("secret")!;
    }

    [Theory]
    [InlineData("")]
    [InlineData("status=open&")]
    public async Task Pages_of_a_list_follow_each_other_newest_first(string filter)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var created = new List<string>();
        for (var i = 0; i < 5; i++) created.Add((await client.CreateSessionAsync()).Id());

        using var control = emulator.CreateClient(null);
        var (listed, pages, cursor) = (new List<string>(), 0, "");
        do
        {
            var page = await control.GetFromJsonAsync<JsonElement>($"/_emu/sessions?{filter}limit=2{cursor}");
            listed.AddRange(page.GetProperty("sessions").EnumerateArray().Select(session => session.Text("session_id")!));
            cursor = page.Text("next_cursor") is { } next ? "&cursor=" + next : null;
            pages++;
        }
        while (cursor is not null);

        Assert.Equal(3, pages);
        Assert.Equal(Enumerable.Reverse(created), listed);
    }

    [Fact]
    public async Task A_session_has_its_key_its_times_and_its_cdp_url_until_it_ends()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=30", "Sessions:IdleSeconds=60");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var created = await client.CreateSessionAsync(new { profile = "a profile" });
        var id = created.Id();

        var creating = await emulator.InspectAsync(id);
        Assert.Equal((created.Text("cdp_url"), created.Text("created_at"), "a profile"), (creating.Text("cdp_url"), creating.Text("created_at"), creating.Text("profile")));
        Assert.Equal((Emulator.TestKey[..12] + "…", Emulator.TestKey[..12]), (creating.Text("key_name"), creating.Text("key_prefix")));
        Assert.Equal((null, null, null), (creating.Text("ready_at"), creating.Text("device"), creating.Text("idle_expires_at")));

        await emulator.AdvanceAsync(30);
        var ready = await emulator.InspectAsync(id);
        var session = await client.GetSessionAsync(id);
        Assert.Equal((session.Text("ready_at"), session.Text("device")), (ready.Text("ready_at"), ready.Text("device")));
        Assert.Equal(ready.GetProperty("ready_at").GetDateTimeOffset().AddSeconds(60), ready.GetProperty("idle_expires_at").GetDateTimeOffset());

        await emulator.AdvanceAsync(60);
        var ended = await emulator.InspectAsync(id);
        Assert.Equal((ready.Text("idle_expires_at"), "idle_expired"), (ended.Text("ended_at"), ended.Text("ended_reason")));
        Assert.Equal((null, null), (ended.Text("idle_expires_at"), ended.Text("cdp_url")));
    }

    private static Task<HttpResponseMessage> EndAsync(Emulator emulator, string id, string? reason) =>
        emulator.SendAsync("POST", $"/_emu/sessions/{id}/end", JsonSerializer.Serialize(new { reason }));

    private static async Task<string[]> ListAsync(Emulator emulator, string query)
    {
        using var client = emulator.CreateClient(null);
        var list = await client.GetFromJsonAsync<JsonElement>("/_emu/sessions" + query);
        return [.. list.GetProperty("sessions").EnumerateArray().Select(session => session.Text("session_id")!)];
    }
}
