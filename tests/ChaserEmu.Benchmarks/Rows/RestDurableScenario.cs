using System.Collections.Concurrent;
using System.Text.Json;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>How many sessions are lost of those that were answered with 201 before the emulator was killed in the midst of it.</summary>
internal sealed class RestDurableScenario : Scenario
{
    private const int Connections = 4;

    public override string Name => "rest-durable";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var (lost, answered) = (0, 0);
        for (var kill = 0; kill < stage.SelectCount(3, 1); kill++)
        {
            var folder = stage.CreateSubfolder($"durable-{kill}");
            var made = new ConcurrentBag<string>();
            using (var emulator = new EmulatorPeer(stage.Options.Emulator, folder, "Browsers:Path=none"))
            {
                var request = RawHttpClient.CreatePostRequest("/v1/sessions", "{}", EmulatorPeer.TestKey);
                Timing.RunInParallel([.. Enumerable.Repeat(() => MakeUntilBroken(emulator.Port, request, made), Connections), () => KillAfter(emulator, made, stage.SelectCount(2000, 200))]);
            }

            using var again = new EmulatorPeer(stage.Options.Emulator, folder, "Browsers:Path=none");
            var kept = Listed(again);
            answered += made.Count;
            lost += made.Count(id => !kept.Contains(id));
        }

        yield return ResultRow.Single(Name, $"lost of {answered} answered, kill -9", new Percentiles(lost, lost, lost), "sessions", Goal.AtMost(0));
    }

    private static void KillAfter(EmulatorPeer emulator, ConcurrentBag<string> made, int sessions)
    {
        Timing.WaitUntil(() => made.Count >= sessions, "Making sessions");
        emulator.Kill();
    }

    private static void MakeUntilBroken(int port, byte[] request, ConcurrentBag<string> made)
    {
        try
        {
            using var connection = new RawHttpClient(port, request);
            while (true)
            {
                connection.SendRequest();
                made.Add(JsonDocument.Parse(connection.ReadResponse(keep: true)).RootElement.GetProperty("id").GetString()!);
            }
        }
        catch (Exception killed) when (killed is IOException or System.Net.Sockets.SocketException)
        {
            // That is what it waited for.
        }
    }

    private static HashSet<string> Listed(EmulatorPeer emulator)
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
