using System.Collections.Concurrent;
using System.Text.Json;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Counts sessions that were acknowledged with 201 and are lost after the emulator was killed under load.</summary>
internal sealed class RestDurableScenario : Scenario
{
    private const int Connections = 4;

    public override string Name => "rest-durable";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var (lost, acknowledged) = (0, 0);
        for (var kill = 0; kill < context.SelectCount(3, 1); kill++)
        {
            var folder = context.CreateSubfolder($"durable-{kill}");
            var created = new ConcurrentBag<string>();
            using (var emulator = new EmulatorPeer(context.Options.Emulator, folder, "Browsers:Path=none"))
            {
                var request = RawHttpClient.CreatePostRequest("/v1/sessions", "{}", EmulatorPeer.TestKey);
                Timing.RunInParallel([.. Enumerable.Repeat(() => CreateUntilKilled(emulator.Port, request, created), Connections), () => KillAfter(emulator, created, context.SelectCount(2000, 200))]);
            }

            using var restarted = new EmulatorPeer(context.Options.Emulator, folder, "Browsers:Path=none");
            var persisted = ListSessions(restarted);
            acknowledged += created.Count;
            lost += created.Count(id => !persisted.Contains(id));
        }

        yield return ResultRow.Single(Name, $"lost of {acknowledged} acknowledged with 201, kill -9", new Percentiles(lost, lost, lost), "sessions", Goal.AtMost(0));
    }

    private static void KillAfter(EmulatorPeer emulator, ConcurrentBag<string> created, int sessions)
    {
        Timing.WaitUntil(() => created.Count >= sessions, "creating sessions");
        emulator.Kill();
    }

    private static void CreateUntilKilled(int port, byte[] request, ConcurrentBag<string> created)
    {
        try
        {
            using var connection = new RawHttpClient(port, request);
            while (true)
            {
                connection.SendRequest();
                created.Add(JsonDocument.Parse(connection.ReadResponse(keep: true)).RootElement.GetProperty("id").GetString()!);
            }
        }
        catch (Exception exception) when (exception is IOException or System.Net.Sockets.SocketException)
        {
            // The emulator was killed.
        }
    }

    private static HashSet<string> ListSessions(EmulatorPeer emulator)
    {
        var ids = new HashSet<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = emulator.Call(HttpMethod.Get, $"/v1/sessions?limit=100{(cursor.Length == 0 ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", key: EmulatorPeer.TestKey)!.Value;
            ids.UnionWith(page.GetProperty("data").EnumerateArray().Select(session => session.GetProperty("id").GetString()!));
            cursor = page.GetProperty("next_cursor").GetString();
        }

        return ids;
    }
}
