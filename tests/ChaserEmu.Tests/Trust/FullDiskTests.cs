using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Trust;

/// <summary>The database is on a small disk, which is full.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Refused = """{"error":{"code":"unavailable","message":"The emulator cannot use its database at the moment. See its log."}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Disk => Path.Combine(_folder, "disk");

    private string Database => Path.Combine(Disk, "emulator.db");

    [FactWithMounts]
    public async Task A_full_disk_rejects_new_writes_loses_nothing_and_is_logged_once()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync(
            Mounts.WrapCommand(Mounts.MountDiskCommand(Disk, "2m")), _folder,
            $"Storage:Path={Database}", "Browsers:Path=none", "Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Sessions:ProvisioningSeconds=10", "Clock:Frozen=true");
        using var client = emulator.CreateClient(Emulator.TestKey);
        var ready = (await client.CreateSessionAsync()).Id();
        await AdvanceAsync(client, 10);
        Assert.Equal("ready", (await client.GetSessionAsync(ready)).Text("status"));
        var created = new List<string> { (await client.CreateSessionAsync()).Id() };

        Fill(emulator);

        // The database file may still have free pages.
        created.AddRange(await CreateUntilRefusedAsync(client));

        for (var i = 0; i < 20; i++) await AssertRefusedAsync(client.PostSessionAsync());
        await AssertRefusedAsync(client.DeleteAsync($"/v1/sessions/{ready}"));

        // The small write of /readyz succeeds in what the failed one has left in the log.
        using (var health = await client.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            Assert.Contains("If its disk is full, free some space.", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using (var stranger = emulator.CreateClient("cha_test_never-seen-before")) await AssertRefusedAsync(stranger.GetAsync("/v1/sessions"));
        await AdvanceAsync(client, 10);
        foreach (var id in created) Assert.Equal("creating", (await client.GetSessionAsync(id)).Text("status"));

        // Failed writes are retried every second.
        var tries = await client.GetCommitCountAsync();
        await Eventually.GetAsync(client.GetCommitCountAsync, now => now >= tries + 2);
        File.Delete(emulator.ResolvePath(Path.Combine(Disk, "fill")));

        Assert.Equal("client_delete", (await Eventually.GetAsync(() => client.GetSessionAsync(ready), now => now.Text("status") == "closed")).Text("ended_reason"));
        foreach (var id in created) await Eventually.GetAsync(() => client.GetSessionAsync(id), now => now.Text("status") == "ready");
        await Eventually.GetAsync(() => client.GetAsync("/readyz"), health => health.IsSuccessStatusCode);
        using (var list = await client.GetAsync("/v1/sessions?limit=100"))
        {
            var listed = (await list.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").EnumerateArray().Select(session => session.Id());
            Assert.Equal([ready, .. created], listed.Reverse());
        }

        Assert.Equal(0, await emulator.StopAsync());
        Assert.Single(emulator.OutputLines, line => line.Contains("The database cannot be written to: SQLite Error 13: 'database or disk is full'. If its disk is full, free some space. Pending writes are retried.", StringComparison.Ordinal));
        Assert.Single(emulator.OutputLines, line => line.Contains("The database can be written to again", StringComparison.Ordinal));
        Assert.Single(emulator.OutputLines, line => line.Contains($"Could not persist the end of {ready}", StringComparison.Ordinal));
        Assert.DoesNotContain(emulator.OutputLines, line => line.Contains("Exception", StringComparison.Ordinal));
        Assert.Equal(3, emulator.Warnings.Count());
    }

    [FactWithMounts]
    public async Task A_stop_on_a_full_disk_logs_what_the_next_start_will_record()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync(
            Mounts.WrapCommand(Mounts.MountDiskCommand(Disk, "2m")), _folder, $"Storage:Path={Database}", "Browsers:Path=none", "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var client = emulator.CreateClient(Emulator.TestKey);
        for (var i = 0; i < 3; i++) await client.CreateReadySessionAsync();
        Fill(emulator);
        await CreateUntilRefusedAsync(client);

        Assert.Equal(0, await emulator.StopAsync());

        Assert.Single(emulator.OutputLines, line => line.Contains("sessions; the next start closes them as abandoned_orphan", StringComparison.Ordinal));
        Assert.DoesNotContain(emulator.OutputLines, line => line.Contains("Exception", StringComparison.Ordinal));
    }

    [FactWithMounts]
    public async Task A_start_with_a_new_file_on_a_full_disk_fails_with_one_line()
    {
        var (code, lines) = await EmulatorProcess.RunFailedStartAsync(Mounts.WrapCommand($"{Mounts.MountDiskCommand(Disk, "64k")} && {FillCommand}"), "Browsers:Path=none", $"Storage:Path={Database}", "urls=http://127.0.0.1:0");

        Assert.Equal(1, code);
        Assert.Contains($"ChaserEmu cannot start. The database '{Database}' cannot be opened: SQLite Error 13: 'database or disk is full'. If its disk is full, free some space, or set another file with --Storage:Path.", Assert.Single(lines), StringComparison.Ordinal);
    }

    [FactWithMounts]
    public async Task A_start_with_an_existing_file_on_a_full_disk_fails_with_one_line_and_keeps_the_file()
    {
        await using (Emulator.StartIn(_folder))
        {
        }

        var file = Path.Combine(_folder, "emulator.db");
        var disk = $"{Mounts.MountDiskCommand(Disk, "256k")} && cp {file} {Database} && {FillCommand}";
        var run = $"{{ \"$0\" \"$@\"; code=$?; cmp {file} {Database}; exit $code; }}";
        var (code, lines) = await EmulatorProcess.RunFailedStartAsync(Mounts.WrapCommand($"{disk} && {run}"), "Browsers:Path=none", $"Storage:Path={Database}", "urls=http://127.0.0.1:0");

        Assert.Equal(1, code);
        Assert.Contains($"ChaserEmu cannot start. The database '{Database}' cannot be opened: SQLite Error 10: 'disk I/O error'. If its disk is full, free some space, or set another file with --Storage:Path.", Assert.Single(lines), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A shell command that fills the disk and succeeds when no space is left.</summary>
    private string FillCommand => $"{{ cat /dev/zero > {Disk}/fill 2>/dev/null || true; }}";

    private void Fill(EmulatorProcess emulator)
    {
        var zeros = new byte[4096];
        using var fill = File.OpenHandle(emulator.ResolvePath(Path.Combine(Disk, "fill")), FileMode.CreateNew, FileAccess.Write);
        var full = Assert.Throws<IOException>(() =>
        {
            for (var at = 0L; at < 1 << 30; at += zeros.Length) RandomAccess.Write(fill, zeros, at);
        });
        Assert.Contains("No space left on device", full.Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> CreateUntilRefusedAsync(HttpClient client)
    {
        var created = new List<string>();
        while (true)
        {
            using var answer = await client.PostSessionAsync();
            if (answer.StatusCode is not HttpStatusCode.Created) return created;
            created.Add((await answer.Content.ReadFromJsonAsync<JsonElement>()).Id());
        }
    }

    private static async Task AssertRefusedAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        Assert.Equal((HttpStatusCode.ServiceUnavailable, Refused), (answer.StatusCode, await answer.Content.ReadAsStringAsync()));
    }

    private static async Task AdvanceAsync(HttpClient client, int seconds)
    {
        using var answer = await client.PostAsJsonAsync("/_emu/clock/advance", new { seconds }).WaitAsync(TimeSpan.FromSeconds(30));
        answer.EnsureSuccessStatusCode();
    }
}
