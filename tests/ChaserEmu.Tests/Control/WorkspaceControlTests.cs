using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/workspaces</c> and <c>/_emu/dashboard</c>.</summary>
public sealed class WorkspaceControlTests
{
    [Fact]
    public async Task Workspaces_are_listed_newest_first_with_their_keys()
    {
        await using var emulator = Emulator.Start();
        await emulator.FreezeAsync();
        foreach (var key in (string[])["cha_test_one", "cha_live_other"])
        {
            await emulator.AdvanceAsync(1);
            using var client = emulator.CreateClient(key);
            await client.GetStringAsync("/v1/usage");
        }

        using var control = emulator.CreateClient(null);
        var first = await control.GetFromJsonAsync<JsonElement>("/_emu/workspaces?limit=1");
        var second = await control.GetFromJsonAsync<JsonElement>($"/_emu/workspaces?cursor={first.Text("next_cursor")}");

        var newest = Assert.Single(first.GetProperty("workspaces").EnumerateArray());
        Assert.Equal(("cha_live_ot", false), (newest.GetProperty("keys")[0].Text("prefix"), newest.GetProperty("keys")[0].GetProperty("test_mode").GetBoolean()));
        Assert.Equal((500_000, 500_000), (newest.GetProperty("balance_micro_usd").GetInt64(), newest.GetProperty("free_credit_micro_usd").GetInt64()));
        Assert.Equal((10, 20), (newest.GetProperty("limits").GetProperty("concurrent").GetInt32(), newest.GetProperty("limits").GetProperty("creates_per_minute").GetInt32()));
        var others = second.GetProperty("workspaces");
        Assert.Equal((2, null), (others.GetArrayLength(), second.Text("next_cursor")));
        Assert.Equal("cha_test_o", others[0].GetProperty("keys")[0].Text("prefix"));
        Assert.Equal("ws_default", others[1].Id());
        Assert.Equal(others[1].GetRawText(), await control.GetStringAsync("/_emu/workspaces/ws_default"));
        await emulator.SendAsync("GET", "/_emu/workspaces/ws_none").AssertProblemAsync(HttpStatusCode.NotFound, "There is no workspace ws_none. GET /_emu/workspaces lists them.");
    }

    [Fact]
    public async Task A_balance_is_set_and_survives_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        try
        {
            string workspace;
            await using (var emulator = Emulator.StartIn(folder))
            {
                workspace = (await emulator.AuthenticateAsync(Emulator.TestKey)).Workspace.Value;
                using var client = emulator.CreateClient();
                Assert.Equal(0, (await PutAsync(emulator, workspace, """{"balance_micro_usd": 0}""")).GetProperty("balance_micro_usd").GetInt64());
                await client.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");
                Assert.Equal(-7, (await PutAsync(emulator, workspace, """{"balance_micro_usd": -7}""")).GetProperty("balance_micro_usd").GetInt64());
            }

            await using var restarted = Emulator.StartIn(folder);
            Assert.Equal(-7, await restarted.GetBalanceAsync(Emulator.TestKey));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Limits_apply_until_they_are_null_or_the_workspace_is_reset()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=4");
        using var client = emulator.CreateClient();
        var workspace = (await emulator.AuthenticateAsync(Emulator.TestKey)).Workspace.Value;
        await client.CreateSessionAsync();

        Assert.Equal((1, 20), GetLimits(await PutAsync(emulator, workspace, """{"limits": {"concurrent": 1}}""")));
        await client.PostSessionAsync().AssertErrorCodeAsync(429, "concurrency_limit");
        Assert.Equal((0, 1), GetLimits(await PutAsync(emulator, workspace, """{"limits": {"concurrent": 0, "creates_per_minute": 1}}""")));
        await client.PostSessionAsync().AssertErrorCodeAsync(429, "rate_limited");
        Assert.Equal((4, 1), GetLimits(await PutAsync(emulator, workspace, """{"limits": {"concurrent": null}}""")));

        using var reset = await emulator.SendAsync("POST", "/_emu/reset", JsonSerializer.Serialize(new { workspace }));
        Assert.Equal((4, 20), GetLimits(await PutAsync(emulator, workspace, "{}")));
    }

    [Theory]
    [InlineData("""{"limits": {"concurrent": -1}}""", "limits.concurrent must be 0 (no limit) or more, or null for the value of Limits:Concurrent.")]
    [InlineData("""{"limits": {"creates_per_minute": -1}}""", "limits.creates_per_minute must be 0 (no limit) or more, or null for the value of Limits:CreatesPerMinute.")]
    [InlineData("""{"balance": 1}""", "Unknown field 'balance'. Allowed fields: balance_micro_usd, limits.")]
    [InlineData("""{"balance_micro_usd": 2000000000000000000}""", "balance_micro_usd must be from -1000000000000000000 to 1000000000000000000.")]
    public async Task An_invalid_change_is_rejected(string body, string detail)
    {
        await using var emulator = Emulator.Start();
        await emulator.SendAsync("PUT", "/_emu/workspaces/ws_default", body).AssertProblemAsync(HttpStatusCode.BadRequest, detail);
    }

    [Fact]
    public async Task The_dashboard_gets_addresses_and_credentials_that_work()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=7");
        using var control = emulator.CreateClient(null);

        var info = await control.GetFromJsonAsync<JsonElement>("/_emu/dashboard");

        Assert.Equal((emulator.Address.ToString().TrimEnd('/'), emulator.Address.ToString().TrimEnd('/').Replace("http", "ws", StringComparison.Ordinal)), (info.Text("base_url"), info.Text("cdp_base_url")));
        using var client = emulator.CreateClient(info.Text("example_key"));
        Assert.StartsWith(info.Text("cdp_base_url") + "/sessions/", (await client.CreateSessionAsync()).Text("cdp_url"), StringComparison.Ordinal);
        using var user = emulator.CreateDashboardClient(info.Text("cookie")!["chaser_session=".Length..]);
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/v1/keys")).StatusCode);
        Assert.Equal(("ws_default", false), (info.Text("default_workspace"), info.GetProperty("token_required").GetBoolean()));
        var settings = info.GetProperty("settings");
        Assert.Equal((7, Path.Combine(emulator.Folder, "emulator.db"), "open"), (settings.GetProperty("idle_seconds").GetDouble(), settings.Text("database"), settings.Text("auth_mode")));
    }

    [Fact]
    public async Task The_example_key_of_strict_mode_is_accepted()
    {
        await using var emulator = Emulator.Start("Auth:Mode=strict", "Control:Token=s3cret", "Storage:Path=:memory:");
        using var control = emulator.CreateClient("s3cret");

        var info = await control.GetFromJsonAsync<JsonElement>("/_emu/dashboard");

        using var client = emulator.CreateClient(info.Text("example_key"));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/usage")).StatusCode);
        Assert.Equal(("memory", "strict", true), (info.GetProperty("settings").Text("database"), info.GetProperty("settings").Text("auth_mode"), info.GetProperty("token_required").GetBoolean()));
    }

    private static (int Concurrent, int CreatesPerMinute) GetLimits(JsonElement workspace) =>
        (workspace.GetProperty("limits").GetProperty("concurrent").GetInt32(), workspace.GetProperty("limits").GetProperty("creates_per_minute").GetInt32());

    private static async Task<JsonElement> PutAsync(Emulator emulator, string workspace, string body)
    {
        using var answer = await emulator.SendAsync("PUT", $"/_emu/workspaces/{workspace}", body);
        return await answer.ReadJsonAsync();
    }
}
