using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Accounts;

/// <summary>Charges, top-ups and the zero balance.</summary>
public sealed class BillingTests
{
    private const long FreeCredit = 500_000;

    [Fact]
    public async Task A_workspace_starts_with_100_megabytes_of_credit()
    {
        await using var emulator = Emulator.Start();

        Assert.Equal(FreeCredit, await emulator.GetBalanceAsync(Emulator.LiveKey));
        Assert.Equal(FreeCredit, Pricing.GetPrice(100_000_000));
    }

    [Fact, Trait("Needs", "Chrome")]
    public async Task A_session_is_charged_as_it_closes_and_an_infrastructure_failure_is_free()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var closed = (await client.CreateReadySessionAsync()).Id();
        var failed = (await client.CreateReadySessionAsync()).Id();
        emulator.AddReceivedBytes(closed, 1_000_999);
        emulator.AddReceivedBytes(failed, 1_000_999);
        var open = await client.GetFromJsonAsync<JsonElement>("/v1/usage");
        Assert.True(open.GetProperty("totals").GetProperty("billed_micro_usd").GetInt64() >= 10_009);
        Assert.Equal(FreeCredit, await emulator.GetBalanceAsync(Emulator.LiveKey));

        await client.DeleteAsync($"/v1/sessions/{closed}");
        emulator.GetLiveSession(failed).TryEnd(EndedReason.SubstrateDown, emulator.Clock.GetUtcNow());
        await Eventually.GetAsync(() => client.GetSessionAsync(failed), session => session.Text("status") == "closed");

        var session = await client.GetSessionAsync(closed);
        var price = Pricing.GetPrice(session.GetProperty("bytes_up").GetInt64() + session.GetProperty("bytes_down").GetInt64());
        Assert.True(price >= 5_004);
        Assert.Equal(FreeCredit - price, await emulator.GetBalanceAsync(Emulator.LiveKey));
        Assert.Equal(price, (await emulator.InspectAsync(closed)).GetProperty("billed_micro_usd").GetInt64());
        Assert.Equal(0, (await emulator.InspectAsync(failed)).GetProperty("billed_micro_usd").GetInt64());
        var totals = (await client.GetFromJsonAsync<JsonElement>("/v1/usage")).GetProperty("totals");
        Assert.Equal((2, price), (totals.GetProperty("sessions").GetInt32(), totals.GetProperty("billed_micro_usd").GetInt64()));
    }

    [Fact]
    public async Task A_session_in_error_and_one_of_a_test_mode_key_are_free()
    {
        await using var emulator = Emulator.Start();
        using var live = emulator.CreateClient(Emulator.LiveKey);
        using var test = emulator.CreateClient();
        await live.CreateReadySessionAsync();
        var id = (await test.CreateReadySessionAsync()).Id();
        emulator.AddReceivedBytes(id, 1_000_000);

        await test.DeleteAsync($"/v1/sessions/{id}");

        Assert.Equal(FreeCredit, await emulator.GetBalanceAsync(Emulator.LiveKey));
        Assert.Equal(FreeCredit, await emulator.GetBalanceAsync(Emulator.TestKey));
        foreach (var client in new[] { live, test })
        {
            var totals = (await client.GetFromJsonAsync<JsonElement>("/v1/usage")).GetProperty("totals");
            Assert.Equal((1, 0), (totals.GetProperty("sessions").GetInt32(), totals.GetProperty("billed_micro_usd").GetInt64()));
        }
    }

    [Fact]
    public async Task A_balance_survives_restarts_and_an_orphaned_session_is_charged_once()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        await using (var first = Emulator.StartIn(folder))
        {
            var caller = await first.AuthenticateAsync(Emulator.LiveKey);
            var now = first.Clock.GetUtcNow();
            await first.Services.GetRequiredService<SessionStore>().AddAsync(new Session
            {
                Id = SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854"),
                Workspace = caller.Workspace,
                KeyId = caller.Key.Id,
                TestMode = false,
                Profile = "default",
                Status = SessionStatus.Ready,
                CdpBytes = new ByteCount(400_000, 600_000),
                CreatedAt = now,
                ProvisionedAt = now,
                ReadyAt = now,
                ExpiresAt = now.AddHours(1),
            });
        }

        for (var restart = 0; restart < 2; restart++)
        {
            await using var again = Emulator.StartIn(folder);
            using var client = again.CreateClient(Emulator.LiveKey);
            Assert.Equal(FreeCredit - 5_000, await again.GetBalanceAsync(Emulator.LiveKey));
            var totals = (await client.GetFromJsonAsync<JsonElement>("/v1/usage")).GetProperty("totals");
            Assert.Equal((1, 5_000), (totals.GetProperty("sessions").GetInt32(), totals.GetProperty("billed_micro_usd").GetInt64()));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Without_balance_a_creation_returns_402()
    {
        await using var emulator = Emulator.Start("Billing:FreeBytes=0");
        using var client = emulator.CreateClient();

        await client.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required", "Insufficient balance.");
    }

    [Fact]
    public async Task At_zero_balance_running_sessions_continue_and_a_top_up_allows_creations_again()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var running = (await client.CreateReadySessionAsync()).Id();
        (await emulator.AuthenticateAsync(Emulator.TestKey)).Account.AddToBalance(-FreeCredit);

        await client.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");
        Assert.Equal("ready", (await client.GetSessionAsync(running)).Text("status"));

        var checkout = await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 50 })).ReadJsonAsync();
        Assert.Equal(["checkout_url"], checkout.GetPropertyNames());
        await client.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");
        using var browser = new HttpClient();
        var pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => browser.PayAsync(checkout.Text("checkout_url"))));

        Assert.Single(pages, page => page.Contains("<h1>Paid</h1>", StringComparison.Ordinal));
        Assert.Equal(7, pages.Count(page => page.Contains("Already paid", StringComparison.Ordinal)));
        Assert.Equal(50_000_000, await emulator.GetBalanceAsync(Emulator.TestKey));
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task A_top_up_survives_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        await using (var first = Emulator.StartIn(folder))
        {
            using var user = first.CreateDashboardClient(Emulator.LiveKey);
            var checkout = await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync();
            await user.PayAsync(checkout.Text("checkout_url"));
        }

        await using (var second = Emulator.StartIn(folder)) Assert.Equal(FreeCredit + 10_000_000, await second.GetBalanceAsync(Emulator.LiveKey));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("""{"amount_usd":9}""")]
    [InlineData("""{"amount_usd":10.5}""")]
    [InlineData("""{"amount_usd":"50"}""")]
    [InlineData("""{"amount_usd":100001}""")]
    [InlineData("{}")]
    [InlineData("[]")]
    public async Task A_top_up_below_10_dollars_or_invalid_is_rejected(string body)
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        await user.PostAsync("/v1/billing/topup", content).AssertErrorCodeAsync(400, "invalid_request");
    }

    [Fact]
    public async Task An_unknown_checkout_is_not_found()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/checkout/made-up")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/checkout/made-up", null)).StatusCode);
    }

    [Fact]
    public async Task Opening_a_checkout_shows_it_and_only_its_button_pays()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        var checkout = (await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 50 })).ReadJsonAsync()).Text("checkout_url")!;
        var account = emulator.Services.GetRequiredService<ChaserEmu.Accounts.AccountRegistry>().Default;

        for (var i = 0; i < 2; i++) Assert.Contains("<button>Pay $50.00</button>", await user.GetStringAsync(checkout), StringComparison.Ordinal);
        Assert.Equal(FreeCredit, account.BalanceMicroUsd);

        Assert.Contains("<p>$50.00 credited. The balance is $50.50.</p>", await user.PayAsync(checkout), StringComparison.Ordinal);
        Assert.Contains("<h1>Already paid</h1>", await user.GetStringAsync(checkout), StringComparison.Ordinal);
        Assert.Equal(FreeCredit + 50_000_000, account.BalanceMicroUsd);

        using var reset = await emulator.SendAsync("POST", "/_emu/reset");
        Assert.Contains("It ends when its workspace is reset", await (await user.GetAsync(checkout)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
