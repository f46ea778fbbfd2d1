using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChaserEmu.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Accounts;

/// <summary><c>/v1/keys</c> and its authorization.</summary>
public sealed class KeyTests
{
    private const double SecondsPerDay = 86_400;

    [Fact]
    public async Task A_created_key_shows_its_secret_once_and_is_listed_without_it()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        await emulator.FreezeAsync();

        var created = await (await user.PostAsJsonAsync("/v1/keys", new { name = "ci" })).ReadJsonAsync(HttpStatusCode.Created);
        var secret = created.Text("secret")!;
        Assert.Matches("^cha_live_[A-Za-z0-9_-]{43}$", secret);

        var list = await user.GetFromJsonAsync<JsonElement>("/v1/keys");
        Assert.Equal(["keys"], list.GetPropertyNames());
        var key = Assert.Single(list.GetProperty("keys").EnumerateArray());
        Assert.Equal(["id", "name", "prefix", "created_at", "last_used_at", "revoked_at"], key.GetPropertyNames());
        Assert.Equal(("ci", secret[..16], created.Id()), (key.Text("name"), key.Text("prefix"), key.Id()));
        Assert.Null(key.Text("last_used_at"));
        Assert.Null(key.Text("revoked_at"));

        using var client = emulator.CreateClient(secret);
        await emulator.AdvanceAsync(5);
        await client.GetAsync("/v1/sessions");
        key = (await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys")[0];
        Assert.Equal(ToKeyTime(emulator.Clock.GetUtcNow()), key.Text("last_used_at"));
    }

    [Fact]
    public async Task A_test_mode_key_can_be_created_and_works_without_a_browser()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();

        var created = await (await user.PostAsJsonAsync("/v1/keys", new { name = "ci", test_mode = true })).ReadJsonAsync(HttpStatusCode.Created);

        Assert.StartsWith("cha_test_", created.Text("secret"), StringComparison.Ordinal);
        using var client = emulator.CreateClient(created.Text("secret"));
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    [Fact]
    public async Task A_revoked_key_is_rejected_in_open_mode_and_after_a_restart()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        string secret;
        await using (var emulator = Emulator.StartIn(folder))
        {
            using var user = emulator.CreateDashboardClient();
            var created = await (await user.PostAsJsonAsync("/v1/keys", new { test_mode = true })).ReadJsonAsync(HttpStatusCode.Created);
            secret = created.Text("secret")!;
            using var client = emulator.CreateClient(secret);
            var running = (await client.CreateSessionAsync()).Id();

            Assert.Equal(HttpStatusCode.NoContent, (await user.DeleteAsync($"/v1/keys/{created.Id()}")).StatusCode);
            Assert.Equal(HttpStatusCode.NoContent, (await user.DeleteAsync($"/v1/keys/{created.Id()}")).StatusCode);

            await client.GetAsync("/v1/sessions").AssertErrorCodeAsync(401, "unauthorized", "Missing or invalid API key.");
            await user.PostAsJsonAsync($"/v1/keys/{created.Id()}/rotate", new { }).AssertErrorCodeAsync(404, "not_found", "Key is already rotated or revoked.");
            Assert.False(emulator.GetLiveSession(running).EndRequested.IsCompleted);
        }

        await using (var emulator = Emulator.StartIn(folder))
        {
            using var client = emulator.CreateClient(secret);
            await client.GetAsync("/v1/sessions").AssertErrorCodeAsync(401, "unauthorized");
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_revoked_key_is_listed_with_the_time_of_its_revocation()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        await emulator.FreezeAsync();
        var id = (await (await user.PostAsJsonAsync("/v1/keys", new { })).ReadJsonAsync(HttpStatusCode.Created)).Id();
        await emulator.AdvanceAsync(3 * SecondsPerDay);

        await user.DeleteAsync($"/v1/keys/{id}");
        var revoked = ToKeyTime(emulator.Clock.GetUtcNow());
        await emulator.AdvanceAsync(5);
        await user.DeleteAsync($"/v1/keys/{id}");

        Assert.Equal(revoked, (await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys")[0].Text("revoked_at"));
    }

    [Fact]
    public async Task Recording_a_last_use_never_restores_a_revoked_key()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        var secrets = new List<string>();
        await using (var emulator = Emulator.StartIn(folder))
        {
            var accounts = emulator.Services.GetRequiredService<AccountRegistry>();
            var store = emulator.Services.GetRequiredService<ChaserEmu.Storage.AccountStore>();
            var now = emulator.Clock.GetUtcNow();
            for (var i = 0; i < 20; i++)
            {
                var created = (await accounts.CreateKeyAsync(accounts.Default, "raced", testMode: true)).Created!;
                secrets.Add(created.Secret);

                // A flush that read the key before the revocation may write after it.
                await Task.WhenAll(accounts.RevokeKeyAsync(accounts.Default, created.Key.Id), store.RecordLastUsedAsync([created.Key with { LastUsedAt = now }]));
            }
        }

        await using (var emulator = Emulator.StartIn(folder))
        {
            var accounts = emulator.Services.GetRequiredService<AccountRegistry>();
            foreach (var secret in secrets) Assert.Null(await accounts.AuthenticateAsync(secret));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_rotated_key_works_until_its_grace_period_ends()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        await emulator.FreezeAsync();
        var old = await (await user.PostAsJsonAsync("/v1/keys", new { name = "ci" })).ReadJsonAsync(HttpStatusCode.Created);

        var created = await (await user.PostAsJsonAsync($"/v1/keys/{old.Id()}/rotate", new { grace_days = 7 })).ReadJsonAsync();

        Assert.NotEqual(old.Id(), created.Id());
        Assert.NotEqual(old.Text("secret"), created.Text("secret"));
        Assert.Matches("^cha_live_[A-Za-z0-9_-]{43}$", created.Text("secret"));
        Assert.Equal("ci", created.Text("name"));
        using var before = emulator.CreateClient(old.Text("secret"));
        using var after = emulator.CreateClient(created.Text("secret"));
        await emulator.AdvanceAsync(7 * SecondsPerDay - 1);
        Assert.Equal(HttpStatusCode.OK, (await before.GetAsync("/v1/usage")).StatusCode);
        await emulator.AdvanceAsync(1);
        await before.GetAsync("/v1/usage").AssertErrorCodeAsync(401, "unauthorized");
        Assert.Equal(HttpStatusCode.OK, (await after.GetAsync("/v1/usage")).StatusCode);
    }

    [Fact]
    public async Task The_grace_period_is_7_days_by_default_and_ends_when_the_key_is_revoked()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        await emulator.FreezeAsync();
        var old = await (await user.PostAsJsonAsync("/v1/keys", new { })).ReadJsonAsync(HttpStatusCode.Created);
        await user.PostAsync($"/v1/keys/{old.Id()}/rotate", null);

        var listed = (await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys").EnumerateArray().Single(key => key.Id() == old.Id());
        Assert.Equal(ToKeyTime(emulator.Clock.GetUtcNow().AddDays(7)), listed.Text("revoked_at"));

        await user.DeleteAsync($"/v1/keys/{old.Id()}");
        using var client = emulator.CreateClient(old.Text("secret"));
        await client.GetAsync("/v1/usage").AssertErrorCodeAsync(401, "unauthorized");
        await user.PostAsJsonAsync($"/v1/keys/{old.Id()}/rotate", new { grace_days = 31 }).AssertErrorCodeAsync(400, "invalid_request");
    }

    [Fact]
    public async Task A_revocation_wins_over_a_rotation_at_the_same_time()
    {
        await using var emulator = Emulator.Start();
        var accounts = emulator.Services.GetRequiredService<AccountRegistry>();
        for (var i = 0; i < 20; i++)
        {
            var created = (await accounts.CreateKeyAsync(accounts.Default, "raced", testMode: true)).Created!;

            await Task.WhenAll(accounts.RevokeKeyAsync(accounts.Default, created.Key.Id), accounts.RotateKeyAsync(accounts.Default, created.Key.Id, TimeSpan.FromDays(7)));

            Assert.Null(await accounts.AuthenticateAsync(created.Secret));
        }
    }

    [Fact]
    public async Task Dashboard_routes_require_the_cookie()
    {
        await using var emulator = Emulator.Start();
        using var none = emulator.CreateClient(null);
        using var key = emulator.CreateClient(Emulator.LiveKey);
        using var wrong = emulator.CreateDashboardClient("someone");
        foreach (var client in new[] { none, key, wrong })
        {
            await client.GetAsync("/v1/keys").AssertErrorCodeAsync(401, "unauthorized");
            await client.PostAsJsonAsync("/v1/keys", new { }).AssertErrorCodeAsync(401, "unauthorized");
            await client.DeleteAsync("/v1/keys/key_1").AssertErrorCodeAsync(401, "unauthorized");
            await client.PostAsJsonAsync("/v1/keys/key_1/rotate", new { }).AssertErrorCodeAsync(401, "unauthorized");
            await client.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 }).AssertErrorCodeAsync(401, "unauthorized");
            await client.GetAsync("/v1/audit/stream").AssertErrorCodeAsync(401, "unauthorized");
        }

        using var user = emulator.CreateDashboardClient();
        await user.GetAsync("/v1/sessions").AssertErrorCodeAsync(401, "unauthorized");
    }

    [Fact]
    public async Task Another_workspaces_key_is_forbidden_and_an_unknown_one_not_found()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        var foreignId = (await emulator.AuthenticateAsync(Emulator.LiveKey)).Key.Id;

        await user.DeleteAsync($"/v1/keys/{foreignId}").AssertErrorCodeAsync(403, "forbidden");
        await user.PostAsJsonAsync($"/v1/keys/{foreignId}/rotate", new { }).AssertErrorCodeAsync(403, "forbidden");
        await user.DeleteAsync("/v1/keys/key_unknown").AssertErrorCodeAsync(404, "not_found");
        await user.PostAsJsonAsync("/v1/keys/key_unknown/rotate", new { }).AssertErrorCodeAsync(404, "not_found");
        Assert.Empty((await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys").EnumerateArray());
    }

    [Fact]
    public async Task The_default_user_owns_the_workspace_of_the_first_seeded_key()
    {
        await using var emulator = Emulator.Start("Auth:Mode=strict", "Auth:Keys:0=cha_live_first", "Auth:Keys:1=cha_test_second");
        using var user = emulator.CreateDashboardClient();

        var key = Assert.Single((await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys").EnumerateArray());

        Assert.Equal((await emulator.AuthenticateAsync("cha_live_first")).Key.Id, key.Id());
    }

    [Fact]
    public async Task Strict_mode_accepts_seeded_and_created_keys_but_not_keys_from_open_mode()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        await using (var open = Emulator.StartIn(folder)) await open.AuthenticateAsync("cha_test_any");

        await using (var strict = Emulator.StartIn(folder, "Auth:Mode=strict", "Auth:Keys:0=cha_test_seeded"))
        {
            using var user = strict.CreateDashboardClient();
            var created = await (await user.PostAsJsonAsync("/v1/keys", new { })).ReadJsonAsync(HttpStatusCode.Created);
            var accounts = strict.Services.GetRequiredService<AccountRegistry>();
            Assert.NotNull(await accounts.AuthenticateAsync("cha_test_seeded"));
            Assert.NotNull(await accounts.AuthenticateAsync(created.Text("secret")));
            Assert.Null(await accounts.AuthenticateAsync("cha_test_any"));
            Assert.Null(await accounts.AuthenticateAsync("cha_test_other"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Secrets_are_not_stored_in_the_database_or_the_log()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        var log = new StringWriter();
        var console = Console.Out;
        var secrets = new List<string> { "cha_live_a-secret-of-some-length", "cha_test_a-secret-of-some-length" };
        Console.SetOut(TextWriter.Synchronized(log));
        try
        {
            await using var emulator = Emulator.StartIn(folder, "Logging:LogLevel:Default=Trace");
            using var user = emulator.CreateDashboardClient(secrets[0]);
            secrets.Add((await (await user.PostAsJsonAsync("/v1/keys", new { })).ReadJsonAsync(HttpStatusCode.Created)).Text("secret")!);
            foreach (var secret in secrets)
            {
                using var client = emulator.CreateClient(secret);
                await client.CreateSessionAsync();
                await client.GetAsync("/v1/usage");
            }
        }
        finally
        {
            Console.SetOut(console);
        }

        var database = string.Concat(Directory.GetFiles(folder).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        Assert.Contains("cha_live_", database, StringComparison.Ordinal);
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(secret[9..], database, StringComparison.Ordinal);
            Assert.DoesNotContain(secret[9..], log.ToString(), StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Formats a time as on keys.</summary>
    private static string ToKeyTime(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
