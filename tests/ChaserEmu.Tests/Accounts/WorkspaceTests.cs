using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChaserEmu.Tests.Accounts;

/// <summary>What two keys of one workspace share, and how usage distinguishes them.</summary>
public sealed class WorkspaceTests
{
    [Fact]
    public async Task Keys_of_one_workspace_share_its_sessions()
    {
        await using var emulator = Emulator.Start();
        using var first = emulator.CreateClient();
        using var second = await CreateSecondClientAsync(emulator);
        var id = (await first.CreateSessionAsync()).Id();
        var another = (await second.CreateSessionAsync()).Id();

        foreach (var client in new[] { first, second })
        {
            var listed = (await client.GetFromJsonAsync<JsonElement>("/v1/sessions")).GetProperty("data").EnumerateArray();
            Assert.Equal([another, id], listed.Select(session => session.Id()));
        }

        Assert.Equal(id, (await second.GetSessionAsync(id)).Id());
        Assert.Equal(HttpStatusCode.NoContent, (await second.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
        Assert.Equal("client_delete", (await first.GetSessionAsync(id)).Text("ended_reason"));
    }

    [Fact]
    public async Task Keys_of_one_workspace_share_the_concurrency_limit()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=2");
        using var first = emulator.CreateClient();
        using var second = await CreateSecondClientAsync(emulator);
        var id = (await first.CreateSessionAsync()).Id();
        await second.CreateSessionAsync();

        await first.PostSessionAsync().AssertErrorCodeAsync(429, "concurrency_limit");
        await second.PostSessionAsync().AssertErrorCodeAsync(429, "concurrency_limit");

        await first.DeleteAsync($"/v1/sessions/{id}");
        await second.CreateSessionAsync();
    }

    [Fact]
    public async Task Keys_of_one_workspace_share_the_rate_limit()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=0", "Limits:CreatesPerMinute=2");
        using var first = emulator.CreateClient();
        using var second = await CreateSecondClientAsync(emulator);
        await emulator.FreezeAsync();
        await first.CreateSessionAsync();
        await emulator.AdvanceAsync(20);
        await second.CreateSessionAsync();

        foreach (var client in new[] { first, second })
        {
            var rejected = await client.PostSessionAsync();
            await rejected.AssertErrorCodeAsync(429, "rate_limited");
            Assert.Equal(40, rejected.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        }

        await emulator.AdvanceAsync(40);
        await second.CreateSessionAsync();
        await first.PostSessionAsync().AssertErrorCodeAsync(429, "rate_limited");
    }

    [Fact]
    public async Task Keys_of_one_workspace_share_the_balance()
    {
        await using var emulator = Emulator.Start("Billing:FreeBytes=1000");
        using var first = emulator.CreateClient();
        using var second = await CreateSecondClientAsync(emulator);
        var (caller, other) = (await emulator.AuthenticateAsync(Emulator.TestKey), await emulator.AuthenticateAsync(GetKey(second)));
        Assert.Same(caller.Account, other.Account);

        caller.Account.AddToBalance(-caller.Account.BalanceMicroUsd);
        await first.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");
        await second.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");

        using var user = emulator.CreateDashboardClient(GetKey(second));
        var checkout = await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync();
        await user.PayAsync(checkout.Text("checkout_url"));
        await first.CreateSessionAsync();
        await second.CreateSessionAsync();
    }

    [Fact]
    public async Task Usage_lists_sessions_per_key_with_id_name_and_prefix()
    {
        await using var emulator = Emulator.Start();
        using var first = emulator.CreateClient();
        using var second = await CreateSecondClientAsync(emulator);
        await first.CreateSessionAsync();
        for (var i = 0; i < 2; i++) await second.DeleteAsync($"/v1/sessions/{(await second.CreateSessionAsync()).Id()}");
        var (firstKey, createdKey) = ((await emulator.AuthenticateAsync(Emulator.TestKey)).Key, (await emulator.AuthenticateAsync(GetKey(second))).Key);

        foreach (var client in new[] { first, second })
        {
            var usage = await client.GetFromJsonAsync<JsonElement>("/v1/usage");
            Assert.Equal(3, usage.GetProperty("totals").GetProperty("sessions").GetInt32());
            Assert.Equal(
                new[] { (firstKey.Id, firstKey.Name, firstKey.Prefix, 1), (createdKey.Id, "second", GetKey(second)[..16], 2) }.ToHashSet(),
                usage.GetProperty("by_key").EnumerateArray().Select(key =>
                    (key.Text("key_id")!, key.Text("key_name")!, key.Text("key_prefix")!, key.GetProperty("sessions").GetInt32())).ToHashSet());
        }
    }

    /// <summary>Creates a client with a second key of the workspace of <see cref="Emulator.TestKey"/>.</summary>
    private static async Task<HttpClient> CreateSecondClientAsync(Emulator emulator)
    {
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var createdKey = await (await user.PostAsJsonAsync("/v1/keys", new { name = "second", test_mode = true })).ReadJsonAsync(HttpStatusCode.Created);
        return emulator.CreateClient(createdKey.Text("secret"));
    }

    private static string GetKey(HttpClient client) => client.DefaultRequestHeaders.Authorization!.Parameter!;
}
