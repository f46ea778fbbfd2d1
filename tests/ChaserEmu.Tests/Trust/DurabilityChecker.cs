using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Tests.Trust;

/// <summary>What an emulator has answered to its client, and whether the one that is started after its death still says so.</summary>
internal sealed class DurabilityChecker(string key)
{
    /// <summary>Meters are written down once a second, and a write takes its time; on a busy machine as much more as the reading of them takes.</summary>
    private static readonly TimeSpan MostForgotten = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _sessions = [];
    private readonly List<string> _keys = [];
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whose sessions these are.</summary>
    public string Key => key;

    public int Sessions
    {
        get { lock (_gate) return _sessions.Count; }
    }

    public int Keys => _keys.Count;

    /// <summary>Completes with the first session.</summary>
    public Task FirstSessionCreated => _begun.Task;

    /// <summary>The longest time before a kill whose bytes were not billed.</summary>
    public TimeSpan LongestLoss { get; private set; }

    /// <summary>Makes a session; its id once it is answered with 201, null when the emulator died first.</summary>
    public async Task<string?> CreateAsync(HttpClient client) => await SurvivingAsync(async () =>
    {
        var id = (await client.CreateSessionAsync()).Id();
        lock (_gate) _sessions[id] = new Entry();
        _begun.TrySetResult();
        return id;
    });

    /// <summary>Makes one and polls it until it is ready.</summary>
    public async Task<JsonElement?> CreateReadyAsync(HttpClient client)
    {
        if (await CreateAsync(client) is not { } id) return null;
        return await SurvivingAsync<JsonElement?>(async () => await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("status") != "creating"));
    }

    public Task DeleteAsync(HttpClient client, string id) => SurvivingAsync<object?>(async () =>
    {
        lock (_gate) _sessions[id].DeleteAsked = true;
        using var answer = await client.DeleteAsync($"/v1/sessions/{id}");
        lock (_gate) _sessions[id].Deleted |= answer.StatusCode is HttpStatusCode.NoContent;
        return null;
    });

    public Task CreateKeyAsync(HttpClient dashboard) => SurvivingAsync<object?>(async () =>
    {
        using var answer = await dashboard.PostAsJsonAsync("/v1/keys", new { name = "made under load", test_mode = true });
        answer.EnsureSuccessStatusCode();
        var secret = (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("secret")!;
        lock (_gate) _keys.Add(secret);
        return null;
    });

    /// <summary>Reads the meter until the emulator is dead.</summary>
    public Task PollBytesAsync(HttpClient client, string id) => SurvivingAsync<object?>(async () =>
    {
        while (true)
        {
            var session = await client.GetSessionAsync(id);
            lock (_gate) _sessions[id].Readings.Add((TimeProvider.System.GetTimestamp(), Total(session)));
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System); // The sampling interval.
        }
    });

    /// <summary>Everything that is not as it was answered, or not as it should be after a death at <paramref name="killed"/>.</summary>
    public async Task<List<string>> FindErrorsAsync(HttpClient client, long killed)
    {
        var faults = new List<string>();
        foreach (var (id, entry) in _sessions)
        {
            using var answer = await client.GetAsync($"/v1/sessions/{id}");
            if (answer.StatusCode is not HttpStatusCode.OK)
            {
                faults.Add($"{id} was answered with 201 and is lost: {(int)answer.StatusCode}.");
                continue;
            }

            var session = await answer.Content.ReadFromJsonAsync<JsonElement>();
            var (status, reason) = (session.Text("status"), session.Text("ended_reason"));
            var right = entry.Deleted ? reason is "client_delete" : reason is "abandoned_orphan" || (entry.DeleteAsked && reason is "client_delete");
            if (status != "closed" || !right || session.Text("ended_at") is null) faults.Add($"{id} is {status}, {reason}; deleted: {entry.Deleted}.");

            var inside = await client.GetFromJsonAsync<JsonElement>($"/_emu/sessions/{id}");
            var billed = inside.GetProperty("billed_micro_usd").GetInt64();
            if (billed != (inside.GetProperty("test_mode").GetBoolean() ? 0 : Total(session) * 5 / 1000)) faults.Add($"{id} has {Total(session)} bytes and is billed {billed}.");
            faults.AddRange(Forget(id, entry.Readings, Total(session), killed));
        }

        foreach (var key in _keys)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/sessions?limit=1") { Headers = { { "Authorization", $"Bearer {key}" } } };
            using var answer = await client.SendAsync(request);
            if (answer.StatusCode is not HttpStatusCode.OK) faults.Add($"A key that was answered with 201 is refused: {(int)answer.StatusCode}.");
        }

        return faults;
    }

    /// <summary>What is wrong with the file itself: its pages, a session left open, or money that its sessions do not account for.</summary>
    public static List<string> FindDatabaseErrors(string path, long credit)
    {
        using var connection = new SqliteConnection($"Data Source={path};Mode=ReadOnly;Pooling=False");
        connection.Open();
        var faults = new List<string>();
        if (Ask<string>(connection, "PRAGMA integrity_check") is var integrity and not "ok") faults.Add($"integrity_check: {integrity}");
        if (Ask<long>(connection, "SELECT count(*) FROM sessions WHERE EndedAt IS NULL") is var open and not 0) faults.Add($"{open} sessions are open in the file.");
        var unpaid = Ask<long>(connection, $"""
            SELECT count(*) FROM workspaces w
            WHERE w.BalanceMicroUsd <> {credit} - (SELECT coalesce(sum(s.BilledMicroUsd), 0) FROM sessions s WHERE s.Workspace = w.Id)
            """);
        if (unpaid != 0) faults.Add($"{unpaid} balances are not what their sessions cost.");
        return faults;
    }

    private static T Ask<T>(SqliteConnection connection, string question)
    {
        using var command = connection.CreateCommand();
        command.CommandText = question;
        return (T)command.ExecuteScalar()!;
    }

    private static long Total(JsonElement session) => session.GetProperty("bytes_up").GetInt64() + session.GetProperty("bytes_down").GetInt64();

    private IEnumerable<string> Forget(string id, List<(long At, long Bytes)> readings, long kept, long killed)
    {
        if (readings.FindIndex(reading => reading.Bytes > kept) is var first and >= 0)
        {
            var forgotten = TimeProvider.System.GetElapsedTime(readings[first].At, killed);
            if (forgotten > LongestLoss) LongestLoss = forgotten;
            var lag = readings.Zip(readings.Skip(1).Select(reading => reading.At).Append(killed), (reading, next) => TimeProvider.System.GetElapsedTime(reading.At, next)).Max();
            if (forgotten > MostForgotten + lag) yield return $"{id}: the bytes of the last {forgotten.TotalSeconds:0.00} s are lost, {kept} of {readings[^1].Bytes} are kept.";
        }
    }

    /// <summary>Null when the emulator dies meanwhile, which is the point.</summary>
    private static async Task<T?> SurvivingAsync<T>(Func<Task<T?>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception death) when (death is HttpRequestException { StatusCode: null } or IOException or WebSocketException or SocketException or JsonException)
        {
            return default;
        }
    }

    private sealed class Entry
    {
        public bool DeleteAsked { get; set; }

        public bool Deleted { get; set; }

        public List<(long At, long Bytes)> Readings { get; } = [];
    }
}
