using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the latency of API calls with a million ended sessions in the database, compared with a thousand.</summary>
internal sealed class GrowthScenario : Scenario
{
    private const string Few = "a thousand";
    private const string Many = "a million";
    private const int Calls = 50;

    public override string Name => "growth";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var few = StartSeeded(context, 1000);
        var many = StartSeeded(context, context.SelectCount(1_000_000, 20_000));
        (string Work, Func<SeededEmulator, byte[]> Request)[] calls =
        [
            ("GET one", server => RawHttpClient.CreateGetRequest($"/v1/sessions/{server.SomeId}", EmulatorPeer.TestKey)),
            ("list", _ => RawHttpClient.CreateGetRequest("/v1/sessions?limit=100", EmulatorPeer.TestKey)),
            ("create", _ => RawHttpClient.CreatePostRequest("/v1/sessions", "{}", EmulatorPeer.TestKey)),
            ("usage", _ => RawHttpClient.CreateGetRequest("/v1/usage", EmulatorPeer.TestKey)),
        ];
        foreach (var (work, request) in calls)
        {
            var rounds = context.Measure(20, [Contender(Few, few, request(few)), Contender(Many, many, request(many))]);
            yield return ResultRow.Compare(Name, $"{work}, a million sessions in the database", rounds, Few, "ms", Goal.AtMost(1.5), ours: Many);
        }

        Contender Contender(string name, SeededEmulator server, byte[] request)
        {
            var connection = context.DisposeAtEnd(new RawHttpClient(server.Port, request));
            return new(name, () => Timing.MeasureMedian(Calls, connection.Call));
        }
    }

    /// <summary>Starts an emulator on a database with this number of ended sessions, which are copies of one real session.</summary>
    private static SeededEmulator StartSeeded(ScenarioContext context, int sessions)
    {
        var folder = context.CreateSubfolder($"grown-{sessions}");
        string id;
        using (var emulator = new EmulatorPeer(context.Options.Emulator, folder, "Browsers:Path=none"))
        {
            id = emulator.CreateSession(key: EmulatorPeer.TestKey);
            emulator.DeleteSession(id, EmulatorPeer.TestKey);
        }

        using (var file = new SqliteConnection($"Data Source={Path.Combine(folder, "emulator.db")};Pooling=False"))
        {
            file.Open();
            string[] columns = [.. Query(file, "SELECT name FROM pragma_table_info('sessions') WHERE name <> 'Id'")];
            var others = string.Join(", ", columns.Select(column => $"\"{column}\""));

            // Ids must stay in order of time, so the copies differ only in the last twelve digits.
            using var copy = file.CreateCommand();
            copy.CommandText = $"""
                INSERT INTO sessions ("Id", {others})
                SELECT substr("Id", 1, length("Id") - 12) || printf('%012x', value), {others}
                FROM sessions, (WITH RECURSIVE counter(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM counter WHERE value < {sessions - 1}) SELECT value FROM counter)
                """;
            copy.ExecuteNonQuery();
        }

        return new SeededEmulator(context.DisposeAtEnd(new EmulatorPeer(context.Options.Emulator, folder, "Browsers:Path=none")).Port, id[..^12] + (sessions / 2).ToString("x12", System.Globalization.CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> Query(SqliteConnection file, string sql)
    {
        using var command = file.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read()) yield return reader.GetString(0);
    }
}

/// <summary>An emulator with a filled database, and the id of one of its sessions.</summary>
internal sealed record SeededEmulator(int Port, string SomeId);
