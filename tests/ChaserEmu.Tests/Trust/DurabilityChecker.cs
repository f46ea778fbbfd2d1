using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Tests.Trust;

/// <summary>
/// Records what an emulator acknowledged to its clients. After the emulator was killed and restarted, checks that everything acknowledged
/// was persisted.
/// </summary>
internal sealed class DurabilityChecker(string key)
{
    /// <summary>
    /// The longest time before a kill whose bytes may be lost: byte counts are flushed once a second, and a flush takes time. The time between
    /// two readings is added.
    /// </summary>
    private static readonly TimeSpan MaxLoss = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _sessions = [];
    private readonly List<string> _keys = [];
    private readonly TaskCompletionSource _firstSessionCreated = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The API key that owns the sessions.</summary>
    public string Key => key;

    public int Sessions
    {
        get { lock (_lock) return _sessions.Count; }
    }

    public int Keys => _keys.Count;

    /// <summary>Completes when the first session was created.</summary>
    public Task FirstSessionCreated => _firstSessionCreated.Task;

    /// <summary>The longest time before a kill whose bytes were lost.</summary>
    public TimeSpan LongestLoss { get; private set; }

    /// <summary>Creates a session. Returns its id, or null if the emulator was killed before the 201.</summary>
    public async Task<string?> CreateAsync(HttpClient client) => await IgnoreKillAsync(async () =>
    {
        var id = (await client.CreateSessionAsync()).Id();
        lock (_lock) _sessions[id] = new Entry();
        _firstSessionCreated.TrySetResult();
        return id;
    });

    /// <summary>Creates a session and polls it until it is ready.</summary>
    public async Task<JsonElement?> CreateReadyAsync(HttpClient client)
    {
        if (await CreateAsync(client) is not { } id) return null;
        return await IgnoreKillAsync<JsonElement?>(async () => await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("status") != "creating"));
    }

    public Task DeleteAsync(HttpClient client, string id) => IgnoreKillAsync<object?>(async () =>
    {
        lock (_lock) _sessions[id].DeleteRequested = true;
        using var response = await client.DeleteAsync($"/v1/sessions/{id}");
        lock (_lock) _sessions[id].Deleted |= response.StatusCode is HttpStatusCode.NoContent;
        return null;
    });

    public Task CreateKeyAsync(HttpClient dashboard) => IgnoreKillAsync<object?>(async () =>
    {
        using var response = await dashboard.PostAsJsonAsync("/v1/keys", new { name = "made under load", test_mode = true });
        response.EnsureSuccessStatusCode();
        var secret = (await response.Content.ReadFromJsonAsync<JsonElement>()).Text("secret")!;
        lock (_lock) _keys.Add(secret);
        return null;
    });

    /// <summary>Reads the byte counts of a session until the emulator is killed.</summary>
    public Task PollBytesAsync(HttpClient client, string id) => IgnoreKillAsync<object?>(async () =>
    {
        while (true)
        {
            var session = await client.GetSessionAsync(id);
            lock (_lock) _sessions[id].Readings.Add((TimeProvider.System.GetTimestamp(), Total(session)));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // The sampling interval.
        }
    });

    /// <summary>Returns all differences from the acknowledged state.</summary>
    /// <param name="client">A client of the restarted emulator.</param>
    /// <param name="killed">The timestamp of the kill.</param>
    public async Task<List<string>> FindErrorsAsync(HttpClient client, long killed)
    {
        var errors = new List<string>();
        foreach (var (id, entry) in _sessions)
        {
            using var response = await client.GetAsync($"/v1/sessions/{id}");
            if (response.StatusCode is not HttpStatusCode.OK)
            {
                errors.Add($"{id} was acknowledged with 201 but is lost: GET returns {(int)response.StatusCode}.");
                continue;
            }

            var session = await response.Content.ReadFromJsonAsync<JsonElement>();
            var (status, reason) = (session.Text("status"), session.Text("ended_reason"));
            var isExpected = entry.Deleted ? reason is "client_delete" : reason is "abandoned_orphan" || (entry.DeleteRequested && reason is "client_delete");
            if (status != "closed" || !isExpected || session.Text("ended_at") is null) errors.Add($"{id}: status={status} ended_reason={reason} deleted={entry.Deleted}.");

            var inspection = await client.GetFromJsonAsync<JsonElement>($"/_emu/sessions/{id}");
            var billed = inspection.GetProperty("billed_micro_usd").GetInt64();
            if (billed != (inspection.GetProperty("test_mode").GetBoolean() ? 0 : Total(session) * 5 / 1000)) errors.Add($"{id}: bytes={Total(session)} billed_micro_usd={billed}, which is wrong.");
            errors.AddRange(FindLostBytes(id, entry.Readings, Total(session), killed));
        }

        foreach (var key in _keys)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/sessions?limit=1") { Headers = { { "Authorization", $"Bearer {key}" } } };
            using var response = await client.SendAsync(request);
            if (response.StatusCode is not HttpStatusCode.OK) errors.Add($"A key that was acknowledged with 201 is rejected: GET returns {(int)response.StatusCode}.");
        }

        return errors;
    }

    /// <summary>Returns the errors of a database file: a failed integrity check, sessions left open, or balances that do not match the sessions.</summary>
    public static List<string> FindDatabaseErrors(string path, long credit)
    {
        using var connection = new SqliteConnection($"Data Source={path};Mode=ReadOnly;Pooling=False");
        connection.Open();
        var errors = new List<string>();
        if (QueryScalar<string>(connection, "PRAGMA integrity_check") is var integrity and not "ok") errors.Add($"integrity_check: {integrity}");
        if (QueryScalar<long>(connection, "SELECT count(*) FROM sessions WHERE EndedAt IS NULL") is var open and not 0) errors.Add($"{open} sessions are open in the file.");
        var mismatches = QueryScalar<long>(connection, $"""
            SELECT count(*) FROM workspaces w
            WHERE w.BalanceMicroUsd <> {credit} - (SELECT coalesce(sum(s.BilledMicroUsd), 0) FROM sessions s WHERE s.Workspace = w.Id)
            """);
        if (mismatches != 0) errors.Add($"{mismatches} balances do not match the price of their sessions.");
        return errors;
    }

    private static T QueryScalar<T>(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (T)command.ExecuteScalar()!;
    }

    private static long Total(JsonElement session) => session.GetProperty("bytes_up").GetInt64() + session.GetProperty("bytes_down").GetInt64();

    private IEnumerable<string> FindLostBytes(string id, List<(long At, long Bytes)> readings, long persisted, long killed)
    {
        if (readings.FindIndex(reading => reading.Bytes > persisted) is var first and >= 0)
        {
            var loss = TimeProvider.System.GetElapsedTime(readings[first].At, killed);
            if (loss > LongestLoss) LongestLoss = loss;
            var lag = readings.Zip(readings.Skip(1).Select(reading => reading.At).Append(killed), (reading, next) => TimeProvider.System.GetElapsedTime(reading.At, next)).Max();
            if (loss > MaxLoss + lag) yield return $"{id}: the bytes of the last {loss.TotalSeconds:0.00} s are lost; {persisted} of {readings[^1].Bytes} were persisted.";
        }
    }

    /// <summary>Runs a call. Returns null if the emulator is killed during the call.</summary>
    private static async Task<T?> IgnoreKillAsync<T>(Func<Task<T?>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (exception is HttpRequestException { StatusCode: null } or IOException or WebSocketException or SocketException or JsonException)
        {
            return default;
        }
    }

    private sealed class Entry
    {
        public bool DeleteRequested { get; set; }

        public bool Deleted { get; set; }

        public List<(long At, long Bytes)> Readings { get; } = [];
    }
}
