using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Control;

namespace ChaserEmu.Tests.Storage;

public sealed class PersistenceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Database => Path.Combine(_folder, "emulator.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Persisted_sessions_are_returned_unchanged_after_a_restart()
    {
        string id, session, list;
        await using (var first = Emulator.StartIn(_folder, "Public:BaseUrl=http://emu.test"))
        {
            using var client = first.CreateClient();
            id = (await client.CreateReadySessionAsync(new { profile = "café", ttl_seconds = 60 })).Id();
            await client.DeleteAsync($"/v1/sessions/{id}");
            session = await client.GetStringAsync($"/v1/sessions/{id}");
            list = await client.GetStringAsync("/v1/sessions");
        }

        await using var second = Emulator.StartIn(_folder, "Public:BaseUrl=http://emu.test");
        using var again = second.CreateClient();
        Assert.Equal(session, await again.GetStringAsync($"/v1/sessions/{id}"));
        Assert.Equal(list, await again.GetStringAsync("/v1/sessions"));
        await second.SendAsync("DELETE", $"/v1/sessions/{id}").AssertErrorAsync(409, "session_not_open", "Session is already in a terminal state.");
    }

    [Fact]
    public async Task Checkouts_faults_journal_and_clock_changes_do_not_survive_a_restart()
    {
        string checkout;
        await using (var first = Emulator.StartIn(_folder))
        {
            using var user = first.CreateDashboardClient(Emulator.TestKey);
            checkout = new Uri((await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync()).Text("checkout_url")!).AbsolutePath;
            await first.AddFaultAsync(new { effect = new { type = "unavailable" } });
            (await user.PutAsJsonAsync("/_emu/journal/cdp", new { recording = "headers" })).EnsureSuccessStatusCode();
            await first.AdvanceAsync(86_400);
        }

        await using var second = Emulator.StartIn(_folder);
        using var again = second.CreateDashboardClient(Emulator.TestKey);
        Assert.Equal(HttpStatusCode.NotFound, (await again.GetAsync(checkout)).StatusCode);
        Assert.Empty(await second.ListFaultsAsync());
        Assert.Equal("off", (await again.GetFromJsonAsync<JsonElement>("/_emu/journal/cdp")).Text("recording"));
        Assert.Empty((await again.GetFromJsonAsync<JsonElement>("/_emu/journal")).GetProperty("entries").EnumerateArray());
        Assert.InRange(second.Clock.GetUtcNow(), TimeProvider.System.GetUtcNow().AddSeconds(-30), TimeProvider.System.GetUtcNow().AddSeconds(1));
    }

    [Fact]
    public async Task Two_emulators_never_share_a_database()
    {
        await using (Emulator.StartIn(_folder))
        {
            Assert.Equal(
                $"Another emulator is using the database ('{Database}.lock' is locked). Stop it, or set another file with --Storage:Path.",
                await Emulator.GetStartErrorAsync("Storage:Path=" + Database));
        }

        await using var later = Emulator.StartIn(_folder);
    }

    [Fact]
    public async Task A_file_that_is_not_a_database_is_reported_and_unchanged()
    {
        await File.WriteAllTextAsync(Database, "A diary, not a database. " + new string('.', 10_000));

        Assert.Equal(
            $"The database '{Database}' cannot be opened: SQLite Error 26: 'file is not a database'. Repair or remove it, or set another file with --Storage:Path.",
            await Emulator.GetStartErrorAsync("Storage:Path=" + Database));
        Assert.StartsWith("A diary", await File.ReadAllTextAsync(Database), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_impossible_folder_is_reported()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "file"), "");
        var path = Path.Combine(_folder, "file", "emulator.db");

        Assert.StartsWith($"The database cannot be written to in '{Path.GetDirectoryName(path)}': ", await Emulator.GetStartErrorAsync("Storage:Path=" + path), StringComparison.Ordinal);
    }
}
