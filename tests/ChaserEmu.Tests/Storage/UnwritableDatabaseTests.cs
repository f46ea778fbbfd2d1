using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Storage;

/// <summary>A database that takes no writes for a while, as on a full disk: nobody is told that anything was done, and nothing is lost.</summary>
public sealed class UnwritableDatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task A_failed_write_returns_503_and_the_end_of_a_session_is_retried()
    {
        await using var emulator = Emulator.StartIn(_folder, "Logging:LogLevel:ChaserEmu=Error");
        using var client = emulator.CreateClient();
        var session = (await client.CreateReadySessionAsync()).Id();
        var writer = await WriterAsync(emulator);
        await SetAsync(writer, "ON");

        await emulator.SendAsync("POST", "/v1/sessions", "{}").AssertErrorAsync(503, "unavailable", "The emulator cannot use its database for now; its log says why.");
        await emulator.SendAsync("DELETE", $"/v1/sessions/{session}").AssertErrorAsync(503, "unavailable", "The emulator cannot use its database for now; its log says why.");
        Assert.Equal("ready", (await client.GetSessionAsync(session)).Text("status"));
        await Eventually.IsTrueAsync(() => emulator.Logs.Lines.Any(line => line.StartsWith($"The end of {session} could not be recorded; that is tried again every second", StringComparison.Ordinal)));
        Assert.Single(emulator.Logs.Lines, line => line.StartsWith("The database cannot be written to: ", StringComparison.Ordinal));

        await SetAsync(writer, "OFF");
        var ended = await Eventually.GetAsync(() => client.GetSessionAsync(session), found => found.Text("status") == "closed");
        Assert.Equal("client_delete", ended.Text("ended_reason"));
        await client.CreateSessionAsync();
        var state = await client.GetFromJsonAsync<JsonElement>("/_emu/state");
        Assert.Single(state.GetProperty("audit").EnumerateArray(), entry => entry.Text("action") == "session.ended" && entry.Text("subject") == session);
        Assert.Equal(1, Assert.Single(state.GetProperty("usage").EnumerateArray()).GetProperty("sessions").GetInt32());
    }

    [Fact]
    public async Task A_stop_without_writes_is_graceful_and_the_next_start_closes_open_sessions()
    {
        string session;
        await using (var emulator = Emulator.StartIn(_folder))
        {
            using var client = emulator.CreateClient();
            session = (await client.CreateReadySessionAsync()).Id();
            await SetAsync(await WriterAsync(emulator), "ON");
        }

        // Another process would have other connections.
        SqliteConnection.ClearAllPools();

        await using var next = Emulator.StartIn(_folder);
        using var later = next.CreateClient();
        Assert.Equal("abandoned_orphan", (await later.GetSessionAsync(session)).Text("ended_reason"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The connection that all writes go through.</summary>
    private static async Task<SqliteConnection> WriterAsync(Emulator emulator)
    {
        SqliteConnection? connection = null;
        await emulator.Services.GetRequiredService<WriteQueue>().EnqueueAsync(sql => { connection = sql.Connection; });
        return connection!;
    }

    /// <summary>Behind the emulator's back, and between two of its tries: while one is under way, a command without its transaction is refused.</summary>
    private static Task SetAsync(SqliteConnection connection, string queryOnly) => Eventually.IsTrueAsync(() =>
    {
        try
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"PRAGMA query_only = {queryOnly}";
            command.ExecuteNonQuery();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    });
}
