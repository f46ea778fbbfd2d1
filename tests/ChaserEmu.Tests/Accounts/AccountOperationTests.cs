using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Accounts;

/// <summary>Creating, rotating and revoking a key and paying a top-up: each happens once, and completely or not at all.</summary>
public sealed class AccountOperationTests
{
    private const int Parallel = 12;

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task Parallel_rotations_of_a_key_give_one_new_key(int graceDays)
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        for (var round = 1; round <= 5; round++)
        {
            var name = $"round {round}";
            var id = (await CreateKeyAsync(user, name)).Id();

            var answers = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => user.PostAsJsonAsync($"/v1/keys/{id}/rotate", new { grace_days = graceDays })));

            var successor = (await Assert.Single(answers, answer => answer.IsSuccessStatusCode).ReadJsonAsync()).Id();
            foreach (var refused in answers.Where(answer => !answer.IsSuccessStatusCode)) await refused.AssertErrorCodeAsync(404, "not_found", "Key is already rotated or revoked.");
            Assert.Equal([id, successor], (await ListKeysAsync(user)).Where(key => key.Text("name") == name).Select(key => key.Id()).OrderByDescending(found => found == id));
            Assert.Equal([("key.created", id, name), ("key.rotated", id, successor)], await ReadAuditAsync(emulator, id));
        }
    }

    [Fact]
    public async Task A_rotated_key_cannot_be_rotated_again_during_its_grace_period()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        var id = (await CreateKeyAsync(user)).Id();
        (await user.PostAsync($"/v1/keys/{id}/rotate", null)).EnsureSuccessStatusCode();

        await user.PostAsync($"/v1/keys/{id}/rotate", null).AssertErrorCodeAsync(404, "not_found", "Key is already rotated or revoked.");

        Assert.Equal(2, (await ListKeysAsync(user)).Count);
    }

    [Fact]
    public async Task Parallel_revocations_of_a_key_are_one_event()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        for (var round = 0; round < 5; round++)
        {
            var id = (await CreateKeyAsync(user)).Id();

            var answers = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => user.DeleteAsync($"/v1/keys/{id}")));

            Assert.All(answers, answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
            Assert.Equal([("key.created", id, "default"), ("key.revoked", id, "default")], await ReadAuditAsync(emulator, id));
        }
    }

    [Fact]
    public async Task Parallel_payments_of_a_top_up_credit_it_once()
    {
        await using var emulator = Emulator.Start("Billing:FreeBytes=0");
        using var user = emulator.CreateDashboardClient();
        var checkout = await TopUpAsync(user);

        var pages = await Task.WhenAll(Enumerable.Range(0, Parallel).Select(_ => user.PayAsync(checkout)));

        Assert.Single(pages, page => page.Contains("<h1>Paid</h1>", StringComparison.Ordinal));
        Assert.Equal(Parallel - 1, pages.Count(page => page.Contains("<h1>Already paid</h1>", StringComparison.Ordinal)));
        Assert.All(pages, page => Assert.Contains("The balance is $10.00.", page, StringComparison.Ordinal));
        Assert.Equal([("billing.credited", null, "10000000")], await ReadAuditAsync(emulator, null));
    }

    [Theory]
    [InlineData("create")]
    [InlineData("rotate")]
    [InlineData("revoke")]
    [InlineData("pay")]
    public async Task An_operation_whose_audit_event_cannot_be_written_changes_nothing_and_can_be_repeated(string operation)
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        await emulator.FreezeAsync();
        var key = await CreateKeyAsync(user);
        var checkout = await TopUpAsync(user);
        var before = await ReadRowsAsync(emulator);
        await ExecuteAsync(emulator, "CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'refused'); END");

        var refused = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync()));

        Assert.All(refused, answer => Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode));
        Assert.Equal(before, await ReadRowsAsync(emulator));
        Assert.Equal([(key.Id(), null)], (await ListKeysAsync(user)).Select(listed => (listed.Id(), listed.Text("revoked_at"))));
        Assert.Equal(500_000, emulator.Services.GetRequiredService<AccountRegistry>().Default.BalanceMicroUsd);

        await ExecuteAsync(emulator, "DROP TRIGGER refuse");
        (await RunAsync()).EnsureSuccessStatusCode();
        Assert.NotEqual(before, await ReadRowsAsync(emulator));

        Task<HttpResponseMessage> RunAsync() => operation switch
        {
            "create" => user.PostAsJsonAsync("/v1/keys", new { }),
            "rotate" => user.PostAsJsonAsync($"/v1/keys/{key.Id()}/rotate", new { }),
            "revoke" => user.DeleteAsync($"/v1/keys/{key.Id()}"),
            _ => user.PostAsync(checkout, null),
        };
    }

    [Fact]
    public async Task A_top_up_that_a_reset_removes_while_its_payment_waits_is_not_credited()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        var token = new Uri(await TopUpAsync(user)).Segments[^1];
        var (account, topups) = (emulator.Services.GetRequiredService<AccountRegistry>().Default, emulator.Services.GetRequiredService<TopupRegistry>());
        await account.QuiesceLock.QuiesceAsync(CancellationToken.None);
        var paying = topups.PayAsync(token);

        topups.Reset(account.Workspace);
        account.QuiesceLock.Resume();

        Assert.Null(await paying);
        Assert.Equal(500_000, account.BalanceMicroUsd);
    }

    [Fact]
    public async Task An_operation_that_waits_for_an_import_without_its_workspace_is_refused_and_adds_nothing()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        var accounts = emulator.Services.GetRequiredService<AccountRegistry>();
        var account = (await emulator.AuthenticateAsync(Emulator.TestKey)).Account;
        await account.QuiesceLock.QuiesceAsync(CancellationToken.None);
        var creating = accounts.CreateKeyAsync(account, "late", testMode: true);
        var toppingUp = emulator.Services.GetRequiredService<TopupRegistry>().CreateAsync(account, 10);

        var importing = client.PutAsJsonAsync("/_emu/state", new { version = 1 });
        account.QuiesceLock.Resume();
        (await importing).EnsureSuccessStatusCode();

        // They may run before the import, which then removes what they added.
        var (_, refused) = await creating;
        Assert.True(refused is null || refused == ApiError.Unauthorized);
        await toppingUp;
        var state = await client.GetFromJsonAsync<JsonElement>("/_emu/state");
        Assert.Equal("ws_default", Assert.Single(state.GetProperty("workspaces").EnumerateArray()).Id());
        Assert.Empty(state.GetProperty("keys").EnumerateArray());

        Assert.Equal(ApiError.Unauthorized, (await accounts.CreateKeyAsync(account, "later", testMode: true)).Error);
        Assert.Equal(ApiError.Unauthorized, (await emulator.Services.GetRequiredService<TopupRegistry>().CreateAsync(account, 10)).Error);
        Assert.Equal("ws_default", Assert.Single((await client.GetFromJsonAsync<JsonElement>("/_emu/state")).GetProperty("workspaces").EnumerateArray()).Id());
    }

    [Theory]
    [InlineData("/v1/keys")]
    [InlineData("/v1/billing/topup")]
    public async Task A_client_that_sends_its_body_slowly_does_not_block_a_reset(string path)
    {
        // Kestrel would end the slow request after a few seconds.
        await using var emulator = Emulator.Start(services => services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MinRequestBodyDataRate = null));
        using var client = emulator.CreateClient(null);
        using var slow = new TcpClient();
        await slow.ConnectAsync(emulator.Address.Host, emulator.Address.Port);
        var stream = slow.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: {emulator.Address.Authority}\r\nCookie: chaser_session=emulator\r\nContent-Type: application/json\r\nContent-Length: 20\r\nExpect: 100-continue\r\n\r\n"));
        using var reader = new StreamReader(stream, Encoding.ASCII);

        // The emulator sends it when it starts to read the body.
        Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync());

        using var reset = await client.PostAsync("/_emu/reset", null).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(HttpStatusCode.OK, reset.StatusCode);
    }

    [Fact]
    public async Task A_seeded_emulator_creates_a_new_key_after_a_restart_on_the_same_data()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        string first;
        await using (var emulator = Emulator.StartIn(folder, "Seed=7"))
        {
            using var user = emulator.CreateDashboardClient();
            var created = await CreateKeyAsync(user);
            first = created.Text("secret")!;
            await user.DeleteAsync($"/v1/keys/{created.Id()}");
        }

        await using (var emulator = Emulator.StartIn(folder, "Seed=7"))
        {
            using var user = emulator.CreateDashboardClient();
            var second = (await CreateKeyAsync(user)).Text("secret")!;
            Assert.NotEqual(first, second);
            using var client = emulator.CreateClient(second);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/usage")).StatusCode);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<JsonElement> CreateKeyAsync(HttpClient user, string name = "default") =>
        await (await user.PostAsJsonAsync("/v1/keys", new { name })).ReadJsonAsync(HttpStatusCode.Created);

    private static async Task<List<JsonElement>> ListKeysAsync(HttpClient user) =>
        [.. (await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys").EnumerateArray()];

    /// <summary>Creates a top-up of $10 and returns the URL of its checkout page.</summary>
    private static async Task<string> TopUpAsync(HttpClient user) =>
        (await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync()).Text("checkout_url")!;

    /// <summary>Returns the events with this subject, oldest first.</summary>
    private static async Task<List<(string? Action, string? Subject, string? Detail)>> ReadAuditAsync(Emulator emulator, string? subject)
    {
        using var client = emulator.CreateClient(null);
        var events = (await client.GetFromJsonAsync<JsonElement>("/_emu/state")).GetProperty("audit").EnumerateArray();
        return [.. events.Select(e => (e.Text("action"), e.TryGetProperty("subject", out var found) ? found.GetString() : null, e.Text("detail"))).Where(e => e.Item2 == subject)];
    }

    /// <summary>Returns the rows of all workspaces, keys and audit events as JSON.</summary>
    private static async Task<string> ReadRowsAsync(Emulator emulator)
    {
        using var client = emulator.CreateClient(null);
        var state = await client.GetFromJsonAsync<JsonElement>("/_emu/state");
        return $"{state.GetProperty("workspaces")} {state.GetProperty("keys")} {state.GetProperty("audit")}";
    }

    private static Task ExecuteAsync(Emulator emulator, string script) =>
        emulator.Services.GetRequiredService<WriteQueue>().EnqueueAsync(sql => sql.ExecuteScript(script));
}
