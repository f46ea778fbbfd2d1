using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Storage;

/// <summary>A database that is temporarily not writable, as on a full disk: failed writes return an error and no session's end is lost.</summary>
public sealed class UnwritableDatabaseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task A_failed_write_returns_503_and_the_end_of_a_session_is_retried()
    {
        await using var emulator = Emulator.StartIn(_folder, "Logging:LogLevel:ChaserEmu=Error");
        using var client = emulator.CreateClient();
        var session = (await client.CreateReadySessionAsync()).Id();
        var writer = await GetWriterConnectionAsync(emulator);
        await SetQueryOnlyAsync(writer, "ON");

        await emulator.SendAsync("POST", "/v1/sessions", "{}").AssertErrorAsync(503, "unavailable", "The emulator cannot use its database at the moment. See its log.");
        await emulator.SendAsync("DELETE", $"/v1/sessions/{session}").AssertErrorAsync(503, "unavailable", "The emulator cannot use its database at the moment. See its log.");
        Assert.Equal("ready", (await client.GetSessionAsync(session)).Text("status"));
        await Eventually.IsTrueAsync(() => emulator.Logs.Lines.Any(line => line.StartsWith($"Could not persist the end of {session}; retrying every second", StringComparison.Ordinal)));
        Assert.Single(emulator.Logs.Lines, line => line.StartsWith("The database cannot be written to: ", StringComparison.Ordinal));

        await SetQueryOnlyAsync(writer, "OFF");
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
            await SetQueryOnlyAsync(await GetWriterConnectionAsync(emulator), "ON");
        }

        // A new process would not have the pooled connections.
        SqliteConnection.ClearAllPools();

        await using var next = Emulator.StartIn(_folder);
        using var later = next.CreateClient();
        Assert.Equal("abandoned_orphan", (await later.GetSessionAsync(session)).Text("ended_reason"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Returns the connection of the write queue.</summary>
    private static async Task<SqliteConnection> GetWriterConnectionAsync(Emulator emulator)
    {
        SqliteConnection? connection = null;
        await emulator.Services.GetRequiredService<WriteQueue>().EnqueueAsync(sql => { connection = sql.Connection; });
        return connection!;
    }

    /// <summary>Sets <c>query_only</c> on the write queue's connection. Retries, because a command without the transaction fails while a write is running.</summary>
    private static Task SetQueryOnlyAsync(SqliteConnection connection, string queryOnly) => Eventually.IsTrueAsync(() =>
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
