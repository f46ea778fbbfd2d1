using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Accounts;

/// <summary>Two keys of one workspace: what they share, and what tells them apart.</summary>
public sealed class WorkspaceTests
{
    [Fact]
    public async Task Keys_of_one_workspace_share_its_sessions()
    {
        await using var emulator = Emulator.Start();
        using var first = emulator.CreateClient();
        using var second = await SecondAsync(emulator);
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
        using var second = await SecondAsync(emulator);
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
        using var second = await SecondAsync(emulator);
        await emulator.FreezeAsync();
        await first.CreateSessionAsync();
        await emulator.AdvanceAsync(20);
        await second.CreateSessionAsync();

        foreach (var client in new[] { first, second })
        {
            var refused = await client.PostSessionAsync();
            await refused.AssertErrorCodeAsync(429, "rate_limited");
            Assert.Equal(40, refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
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
        using var second = await SecondAsync(emulator);
        var (caller, other) = (await emulator.AuthenticateAsync(Emulator.TestKey), await emulator.AuthenticateAsync(KeyOf(second)));
        Assert.Same(caller.Account, other.Account);

        await emulator.Services.GetRequiredService<AccountRegistry>().CreditAsync(caller.Account, -caller.Account.BalanceMicroUsd);
        await first.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");
        await second.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");

        using var user = emulator.CreateDashboardClient(KeyOf(second));
        var checkout = await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync();
        await user.GetStringAsync(checkout.Text("checkout_url"));
        await first.CreateSessionAsync();
        await second.CreateSessionAsync();
    }

    [Fact]
    public async Task Usage_lists_sessions_per_key_with_id_name_and_prefix()
    {
        await using var emulator = Emulator.Start();
        using var first = emulator.CreateClient();
        using var second = await SecondAsync(emulator);
        await first.CreateSessionAsync();
        for (var i = 0; i < 2; i++) await second.DeleteAsync($"/v1/sessions/{(await second.CreateSessionAsync()).Id()}");
        var (mine, made) = ((await emulator.AuthenticateAsync(Emulator.TestKey)).Key, (await emulator.AuthenticateAsync(KeyOf(second))).Key);

        foreach (var client in new[] { first, second })
        {
            var usage = await client.GetFromJsonAsync<JsonElement>("/v1/usage");
            Assert.Equal(3, usage.GetProperty("totals").GetProperty("sessions").GetInt32());
            Assert.Equal(
                new[] { (mine.Id, mine.Name, mine.Prefix, 1), (made.Id, "second", KeyOf(second)[..16], 2) }.ToHashSet(),
                usage.GetProperty("by_key").EnumerateArray().Select(key =>
                    (key.Text("key_id")!, key.Text("key_name")!, key.Text("key_prefix")!, key.GetProperty("sessions").GetInt32())).ToHashSet());
        }
    }

    /// <summary>A client with another key of the workspace that <see cref="Emulator.TestKey"/> names.</summary>
    private static async Task<HttpClient> SecondAsync(Emulator emulator)
    {
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var made = await (await user.PostAsJsonAsync("/v1/keys", new { name = "second", test_mode = true })).ReadJsonAsync(HttpStatusCode.Created);
        return emulator.CreateClient(made.Text("secret"));
    }

    private static string KeyOf(HttpClient client) => client.DefaultRequestHeaders.Authorization!.Parameter!;
}
