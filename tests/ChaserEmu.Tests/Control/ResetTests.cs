using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Sessions;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Browsers;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/reset</c>: removes all data without a restart.</summary>
public sealed class ResetTests
{
    private static readonly string[] NoLimits = ["Limits:Concurrent=0", "Limits:CreatesPerMinute=0"];

    [Fact]
    public async Task A_reset_removes_all_state()
    {
        await using var emulator = Emulator.Start("Limits:CreatesPerMinute=3");
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var open = (await client.CreateReadySessionAsync()).Id();
        await client.DeleteAsync($"/v1/sessions/{(await client.CreateSessionAsync()).Id()}");
        await client.CreateSessionAsync();
        var made = await (await user.PostAsJsonAsync("/v1/keys", new { test_mode = true })).ReadJsonAsync(HttpStatusCode.Created);
        var checkout = (await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync()).Text("checkout_url")!;
        await emulator.SeedUsageAsync(Emulator.TestKey, new(1, 2), 1, "elsewhere");
        await emulator.AdvanceAsync(30);

        var outcome = await ResetAsync(emulator);

        Assert.Equal(3, outcome.GetProperty("sessions").GetInt32());
        await client.GetAsync($"/v1/sessions/{open}").AssertErrorCodeAsync(404, "session_not_found");
        Assert.Empty((await client.GetFromJsonAsync<JsonElement>("/v1/sessions")).GetProperty("data").EnumerateArray());
        Assert.Equal(0, (await client.GetFromJsonAsync<JsonElement>("/v1/usage")).GetProperty("totals").GetProperty("sessions").GetInt32());
        using (var stranger = emulator.CreateClient(made.Text("secret")))
            Assert.NotEqual((await emulator.AuthenticateAsync(Emulator.TestKey)).Workspace, (await emulator.AuthenticateAsync(made.Text("secret")!)).Workspace);
        Assert.Equal(HttpStatusCode.NotFound, (await user.GetAsync(checkout)).StatusCode);
        Assert.Equal(500_000, await emulator.GetBalanceAsync(Emulator.TestKey));
        Assert.InRange(emulator.Clock.GetUtcNow(), TimeProvider.System.GetUtcNow().AddSeconds(-5), TimeProvider.System.GetUtcNow().AddSeconds(1));
        for (var i = 0; i < 3; i++) await client.CreateSessionAsync();
        await client.PostSessionAsync().AssertErrorCodeAsync(429, "rate_limited");
    }

    [Fact]
    public async Task Sequence_numbers_continue_after_a_reset()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await client.CreateReadySessionAsync();
        Assert.Equal("fault_1", await emulator.AddFaultAsync(new { effect = new { type = "stay_creating", seconds = 0 } }));
        var (audited, called) = await NewestAsync();

        await ResetAsync(emulator);

        Assert.Equal(["ws_default", (await emulator.AuthenticateAsync(Emulator.TestKey)).Workspace.Value], (await StateAsync()).GetProperty("workspaces").EnumerateArray().Select(workspace => workspace.Id()).OrderDescending());
        Assert.Equal("fault_2", await emulator.AddFaultAsync(new { effect = new { type = "stay_creating", seconds = 0 } }));
        await client.CreateReadySessionAsync();
        var (auditedThen, calledThen) = await NewestAsync();
        Assert.True(auditedThen > audited && calledThen > called);

        async Task<(long Audited, long Called)> NewestAsync() => (
            (await StateAsync()).GetProperty("audit").EnumerateArray().Last().GetProperty("id").GetInt64(),
            (await client.GetFromJsonAsync<JsonElement>("/_emu/journal")).GetProperty("entries")[0].GetProperty("sequence").GetInt64());

        Task<JsonElement> StateAsync() => client.GetFromJsonAsync<JsonElement>("/_emu/state");
    }

    [Fact]
    public async Task A_reset_by_key_or_workspace_leaves_other_workspaces_unchanged()
    {
        await using var emulator = Emulator.Start();
        using var one = emulator.CreateClient("cha_test_one");
        using var other = emulator.CreateClient("cha_test_other");
        var kept = (await other.CreateSessionAsync()).Id();
        foreach (var byId in (bool[])[false, true])
        {
            var gone = (await one.CreateReadySessionAsync()).Id();
            var workspace = (await emulator.InspectAsync(gone)).Text("workspace_id");

            Assert.Equal("""{"workspaces":1,"sessions":1}""", (await ResetAsync(emulator, byId ? new { workspace } : new { key = "cha_test_one" })).GetRawText());

            await one.GetAsync($"/v1/sessions/{gone}").AssertErrorCodeAsync(404, "session_not_found");
            Assert.NotEqual("closed", (await other.GetSessionAsync(kept)).Text("status"));
        }

        Assert.Equal("""{"workspaces":0,"sessions":0}""", (await ResetAsync(emulator, new { key = "cha_test_never-used" })).GetRawText());
    }

    [Theory]
    [InlineData("""{"key":"x"}""", HttpStatusCode.BadRequest, "key must be cha_live_ or cha_test_")]
    [InlineData("""{"workspace":"ws_none"}""", HttpStatusCode.NotFound, "There is no workspace ws_none")]
    [InlineData("""{"key":"cha_test_a","workspace":"ws_b"}""", HttpStatusCode.BadRequest, "not both")]
    [InlineData("""{"kee":"cha_test_a"}""", HttpStatusCode.BadRequest, "Unknown field 'kee'. Allowed fields: key, workspace.")]
    public async Task An_invalid_reset_is_rejected_and_changes_nothing(string body, HttpStatusCode status, string why)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateSessionAsync()).Id();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        var answer = await client.PostAsync("/_emu/reset", content);

        Assert.Contains(why, (await answer.ReadJsonAsync(status)).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(id, (await client.GetSessionAsync(id)).Id());
    }

    [Fact]
    public async Task An_unknown_filter_is_rejected_instead_of_ignored()
    {
        await using var emulator = Emulator.Start();
        using var one = emulator.CreateClient("cha_test_one");
        using var other = emulator.CreateClient("cha_test_other");
        var id = (await one.CreateReadySessionAsync()).Id();
        await other.CreateReadySessionAsync();
        (await one.PostAsync("/_emu/faults", new StringContent("""{"match":{"key":"cha_test_nobody"},"effect":{"type":"reset"}}"""))).EnsureSuccessStatusCode();

        using (var reset = await one.PostAsync("/_emu/reset?key=cha_test_other", null)) Assert.Equal(HttpStatusCode.BadRequest, reset.StatusCode);
        foreach (var path in (string[])["faults?key=cha_test_other", "journal?keys=cha_test_other", "journal?key=cha", "journal/cdp?session=x", "journal?key=cha_test_one&workspace=ws_a"])
        {
            using var refused = await one.DeleteAsync($"/_emu/{path}");
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        Assert.Equal("ready", (await one.GetSessionAsync(id)).Text("status"));
        Assert.Contains("fault_", await one.GetStringAsync("/_emu/faults"), StringComparison.Ordinal);
        Assert.NotEmpty(await EntriesAsync("cha_test_one"));

        using (var forgotten = await one.DeleteAsync("/_emu/journal?key=cha_test_other")) Assert.Equal(HttpStatusCode.NoContent, forgotten.StatusCode);
        Assert.Empty(await EntriesAsync("cha_test_other"));
        Assert.NotEmpty(await EntriesAsync("cha_test_one"));

        async Task<JsonElement[]> EntriesAsync(string key) =>
            [.. JsonDocument.Parse(await one.GetStringAsync($"/_emu/journal?key={key}")).RootElement.GetProperty("entries").EnumerateArray()];
    }

    [Fact]
    public async Task Resets_of_one_workspace_do_not_affect_parallel_jobs_or_later_sessions()
    {
        await using var emulator = Emulator.Start(NoLimits);
        using var one = emulator.CreateClient("cha_test_one");
        using var other = emulator.CreateClient("cha_test_other");
        var stop = false;
        var created = new List<string>();
        var otherJob = Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
            {
                var id = (await other.CreateSessionAsync()).Id();
                created.Add(id);
                if (created.Count % 3 == 0) (await other.DeleteAsync($"/v1/sessions/{id}")).EnsureSuccessStatusCode();
            }
        });
        for (var round = 0; round < 20; round++)
        {
            var before = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => one.CreateSessionAsync()));
            var during = Enumerable.Range(0, 5).Select(_ => one.CreateSessionAsync()).ToList();
            await ResetAsync(emulator, new { key = "cha_test_one" });
            var after = (await one.CreateSessionAsync()).Id();
            await Task.WhenAll(during);

            foreach (var session in before) await one.GetAsync($"/v1/sessions/{session.Id()}").AssertErrorCodeAsync(404, "session_not_found");
            Assert.Equal(after, (await one.GetSessionAsync(after)).Id());
        }

        Volatile.Write(ref stop, true);
        await otherJob;
        foreach (var id in created) Assert.Equal(id, (await other.GetSessionAsync(id)).Id());
    }

    [Fact]
    public async Task While_everything_is_reset_the_emulator_is_not_ready()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var reset = emulator.Services.GetRequiredService<StateReset>();
        var account = (await emulator.AuthenticateAsync(Emulator.TestKey)).Account;

        // The reset waits for this write.
        await account.QuiesceLock.EnterAsync();
        var running = reset.ResetAllAsync(CancellationToken.None);
        using (var busy = await client.GetAsync("/readyz")) Assert.Contains("all workspaces are being reset", (await busy.ReadJsonAsync(HttpStatusCode.ServiceUnavailable)).ToString(), StringComparison.Ordinal);

        // A caller that leaves while it waits for that reset.
        using (var left = new CancellationTokenSource())
        {
            var second = reset.ResetAllAsync(left.Token);
            await left.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        }

        account.QuiesceLock.Exit();
        await running;
        using (var ready = await client.GetAsync("/readyz")) await ready.ReadJsonAsync();
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task While_one_workspace_is_reset_others_are_served()
    {
        await using var emulator = Emulator.Start();
        using var other = emulator.CreateClient("cha_test_other");
        var account = (await emulator.AuthenticateAsync("cha_test_one")).Account;

        // The reset waits for this write.
        await account.QuiesceLock.EnterAsync();
        var running = ResetAsync(emulator, new { key = "cha_test_one" });
        using (var ready = await other.GetAsync("/readyz")) await ready.ReadJsonAsync();
        await other.CreateReadySessionAsync();
        Assert.False(running.IsCompleted);

        account.QuiesceLock.Exit();
        await running;
    }

    [Fact]
    public async Task Removed_sessions_do_not_return_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        string gone, kept;
        await using (var emulator = Emulator.StartIn(folder))
        {
            using var client = emulator.CreateClient();
            gone = (await client.CreateReadySessionAsync()).Id();
            await ResetAsync(emulator);
            kept = (await client.CreateReadySessionAsync()).Id();
        }

        await using (var emulator = Emulator.StartIn(folder))
        {
            using var client = emulator.CreateClient();
            await client.GetAsync($"/v1/sessions/{gone}").AssertErrorCodeAsync(404, "session_not_found");
            Assert.Equal("abandoned_orphan", (await client.GetSessionAsync(kept)).Text("ended_reason"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Browsers_and_connections_end_with_their_sessions()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        await using var devTools = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!));
        await devTools.CallAsync("Browser.getVersion");
        var pid = (await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32();

        await ResetAsync(emulator);

        Assert.False(Directory.Exists($"/proc/{pid}"));
        var again = await client.CreateReadySessionAsync();
        Assert.Equal("ready", again.Text("status"));
    }

    internal static async Task<JsonElement> ResetAsync(Emulator emulator, object? what = null)
    {
        using var client = emulator.CreateClient(null);
        using var body = what is null ? null : JsonContent.Create(what);
        return await (await client.PostAsync("/_emu/reset", body)).ReadJsonAsync();
    }
}
