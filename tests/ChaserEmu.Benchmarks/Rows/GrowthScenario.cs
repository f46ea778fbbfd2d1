using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>What calls take when the file holds a million sessions that have ended, against a thousand.</summary>
internal sealed class GrowthScenario : Scenario
{
    private const string Few = "a thousand";
    private const string Many = "a million";
    private const int Calls = 50;

    public override string Name => "growth";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var few = Grown(stage, 1000);
        var many = Grown(stage, stage.SelectCount(1_000_000, 20_000));
        (string Work, Func<SeededEmulator, byte[]> Request)[] calls =
        [
            ("GET one", server => RawHttpClient.CreateGetRequest($"/v1/sessions/{server.SomeId}", EmulatorPeer.TestKey)),
            ("list", _ => RawHttpClient.CreateGetRequest("/v1/sessions?limit=100", EmulatorPeer.TestKey)),
            ("create", _ => RawHttpClient.CreatePostRequest("/v1/sessions", "{}", EmulatorPeer.TestKey)),
            ("usage", _ => RawHttpClient.CreateGetRequest("/v1/usage", EmulatorPeer.TestKey)),
        ];
        foreach (var (work, request) in calls)
        {
            var rounds = stage.Measure(20, [Contender(Few, few, request(few)), Contender(Many, many, request(many))]);
            yield return ResultRow.Compare(Name, $"{work}, a million sessions in the file", rounds, Few, "ms", Goal.AtMost(1.5), ours: Many);
        }

        Contender Contender(string name, SeededEmulator server, byte[] request)
        {
            var connection = stage.DisposeAtEnd(new RawHttpClient(server.Port, request));
            return new(name, () => Timing.MeasureMedian(Calls, connection.Call));
        }
    }

    /// <summary>An emulator that finds so many ended sessions in its file, copies of one that it has made itself.</summary>
    private static SeededEmulator Grown(ScenarioContext stage, int sessions)
    {
        var folder = stage.CreateSubfolder($"grown-{sessions}");
        string id;
        using (var emulator = new EmulatorPeer(stage.Options.Emulator, folder, "Browsers:Path=none"))
        {
            id = emulator.CreateSession(key: EmulatorPeer.TestKey);
            emulator.DeleteSession(id, EmulatorPeer.TestKey);
        }

        using (var file = new SqliteConnection($"Data Source={Path.Combine(folder, "emulator.db")};Pooling=False"))
        {
            file.Open();
            string[] columns = [.. Query(file, "SELECT name FROM pragma_table_info('sessions') WHERE name <> 'Id'")];
            var others = string.Join(", ", columns.Select(column => $"\"{column}\""));

            // Ids stay in the order of their time: those of the copies differ in their last twelve digits.
            using var copy = file.CreateCommand();
            copy.CommandText = $"""
                INSERT INTO sessions ("Id", {others})
                SELECT substr("Id", 1, length("Id") - 12) || printf('%012x', value), {others}
                FROM sessions, (WITH RECURSIVE counter(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM counter WHERE value < {sessions - 1}) SELECT value FROM counter)
                """;
            copy.ExecuteNonQuery();
        }

        return new SeededEmulator(stage.DisposeAtEnd(new EmulatorPeer(stage.Options.Emulator, folder, "Browsers:Path=none")).Port, id[..^12] + (sessions / 2).ToString("x12", System.Globalization.CultureInfo.InvariantCulture));
    }

    private static IEnumerable<string> Query(SqliteConnection file, string sql)
    {
        using var command = file.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        while (reader.Read()) yield return reader.GetString(0);
    }
}

/// <summary>An emulator with a past.</summary>
internal sealed record SeededEmulator(int Port, string SomeId);
