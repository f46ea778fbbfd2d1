using System.Net;
using ChaserEmu.Storage;
using ChaserEmu.Tests.Accounts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Storage;

/// <summary>A database file that others open, lock, damage or delete.</summary>
public sealed class DatabaseFileTests : IDisposable
{
    private const string Refused = "The emulator cannot use its database at the moment. See its log.";

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Database => Path.Combine(_folder, "emulator.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Changes => ["delete", "move", "replace", "truncate", "empty"];

    [Theory]
    [InlineData("link.db")]
    [InlineData("chain.db")]
    [InlineData("folder/emulator.db")]
    [InlineData("folder/link.db")]
    public async Task A_second_emulator_that_reaches_the_file_by_links_does_not_start(string path)
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "link.db"), "emulator.db");
        File.CreateSymbolicLink(Path.Combine(_folder, "chain.db"), Path.Combine(_folder, "link.db"));
        Directory.CreateSymbolicLink(Path.Combine(_folder, "folder"), _folder);
        await using var first = Emulator.StartIn(_folder);

        Assert.Equal(
            $"Another emulator is using the database ('{Database}.lock' is locked). Stop it, or set another file with --Storage:Path.",
            await Emulator.GetStartErrorAsync("Storage:Path=" + Path.Combine(_folder, path)));
    }

    [Fact]
    public async Task A_loop_of_links_is_reported()
    {
        var loop = Path.Combine(_folder, "loop.db");
        File.CreateSymbolicLink(loop, "loop.db");

        Assert.Equal(
            $"The database path '{loop}' has a loop of symbolic links. Remove the loop, or set another file with --Storage:Path.",
            await Emulator.GetStartErrorAsync("Storage:Path=" + loop));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Writes_to_a_changed_file_return_503_and_the_exit_code_is_1(string change)
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        using var client = emulator.CreateClient(Emulator.TestKey);
        await client.CreateReadySessionAsync();
        Change(change);

        await AssertRefusedAsync(client.PostSessionAsync());
        await AssertRefusedAsync(client.PostSessionAsync());
        using (var ready = await client.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("while the emulator was running", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(1, await emulator.StopAsync());
        Assert.Single(emulator.OutputLines, line => line.Contains("while the emulator was running", StringComparison.Ordinal) && line.Contains("Stop the emulator, restore or remove the file, and start it again.", StringComparison.Ordinal));
        Assert.DoesNotContain(emulator.OutputLines, line => line.Contains("Exception", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_changed_file_is_noticed_without_any_call(string change)
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        Change(change);

        Assert.Equal(1, await emulator.StopAsync());
        Assert.Single(emulator.OutputLines, line => line.Contains("while the emulator was running", StringComparison.Ordinal));
    }

    /// <summary>Garbage of the same length, which only SQLite can find.</summary>
    [Fact]
    public async Task A_damaged_file_returns_503_and_the_exit_code_is_1()
    {
        await using (Emulator.StartIn(_folder))
        {
        }

        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        using var client = emulator.CreateClient(Emulator.TestKey);
        await File.WriteAllBytesAsync(Database + ".new", [.. Enumerable.Repeat((byte)0xFF, (int)new FileInfo(Database).Length)]);
        await using (var damaged = new FileStream(Database, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) await damaged.WriteAsync(await File.ReadAllBytesAsync(Database + ".new"));

        // SQLite goes on with the pages that it has in memory, until it needs one from the file.
        await Eventually.GetAsync(() => client.PostSessionAsync(), answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable);
        using (var ready = await client.GetAsync("/readyz")) Assert.Contains("is damaged: SQLite Error ", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        Assert.Equal(1, await emulator.StopAsync());
        Assert.Single(emulator.OutputLines, line => line.Contains("is damaged: SQLite Error ", StringComparison.Ordinal));
        Assert.DoesNotContain(emulator.OutputLines, line => line.Contains("Exception", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(26)]
    public void Damage_is_permanent(int code) => Assert.True(StorageUnavailableException.FromException(new SqliteException("x", code))?.IsPermanent);

    [Fact]
    public async Task A_lock_of_another_program_returns_503_until_it_is_released()
    {
        await using var emulator = Emulator.StartIn(_folder, "Logging:LogLevel:ChaserEmu=Error");
        using var client = emulator.CreateClient();
        await client.CreateReadySessionAsync();

        // The default is to wait for seconds.
        await emulator.Services.GetRequiredService<WriteQueue>().EnqueueAsync(sql => sql.Execute("PRAGMA busy_timeout = 0"));
        using (var other = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            other.Open();
            using var transaction = other.BeginTransaction();

            await emulator.SendAsync("POST", "/v1/sessions", "{}").AssertErrorAsync(503, "unavailable", Refused);
            using var ready = await client.GetAsync("/readyz");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("Close the program that has locked it", await ready.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using (var ready = await client.GetAsync("/readyz")) Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        await client.CreateSessionAsync();
        Assert.Single(emulator.Logs.Lines, line => line.Contains("SQLite Error 5: 'database is locked'", StringComparison.Ordinal));
    }

    private void Change(string change)
    {
        switch (change)
        {
            case "delete":
                File.Delete(Database);
                break;
            case "move":
                File.Move(Database, Database + ".moved");
                break;
            case "replace":
                File.Copy(Database, Database + ".copy");
                File.Move(Database + ".copy", Database, overwrite: true);
                break;
            default:
                using (var file = new FileStream(Database, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(change == "empty" ? 0 : file.Length / 2);
                break;
        }
    }

    private static async Task AssertRefusedAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains(Refused, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
