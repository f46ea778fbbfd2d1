using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Gateway;

namespace ChaserEmu.Tests.Trust;

/// <summary>SIGTERM while everything is going on.</summary>
[Trait("Needs", "Chrome")]
public sealed class ShutdownTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task A_stop_under_load_rejects_new_sessions_closes_open_ones_and_persists_all()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Browsers:Max=4");
        using var live = emulator.CreateClient();
        using var test = emulator.CreateClient(Emulator.TestKey);
        var sessions = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => live.CreateReadySessionAsync()));
        var clients = await Task.WhenAll(sessions.Select(session => RawCdpClient.ConnectAsync(session.Text("cdp_url")!)));
        var reading = clients.Select(client => client.ReadToEndAsync()).ToArray();
        var answers = new ConcurrentBag<(HttpStatusCode Status, string Body)>();
        var creating = Enumerable.Range(0, 4).Select(_ => CreateUntilRefusedAsync(test, answers)).ToArray();
        await Eventually.IsTrueAsync(() => answers.Count > 20);

        Assert.Equal(0, await emulator.StopAsync().WaitAsync(TimeSpan.FromSeconds(5)));

        foreach (var frames in await Task.WhenAll(reading)) Assert.Equal((1001, "abandoned_orphan"), frames[^1].Close);
        await Task.WhenAll(creating);
        var refused = answers.Where(answer => answer.Status is not HttpStatusCode.Created).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.Equal((HttpStatusCode.ServiceUnavailable, """{"error":{"code":"unavailable","message":"The emulator is shutting down."}}"""), answer));

        await using var next = Emulator.StartIn(_folder);
        Assert.Empty(DurabilityChecker.FindDatabaseErrors(Path.Combine(_folder, "emulator.db"), credit: 500_000));
        foreach (var (key, id) in sessions.Select(session => (Emulator.LiveKey, session.Id()))
            .Concat(answers.Where(answer => answer.Status is HttpStatusCode.Created).Select(answer => (Emulator.TestKey, JsonElement.Parse(answer.Body).Id()))))
        {
            using var later = next.CreateClient(key);
            var ended = await later.GetSessionAsync(id);
            Assert.Equal(("closed", "abandoned_orphan"), (ended.Text("status"), ended.Text("ended_reason")));
        }

        foreach (var client in clients) client.Dispose();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Until there is no answer any more.</summary>
    private static async Task CreateUntilRefusedAsync(HttpClient client, ConcurrentBag<(HttpStatusCode Status, string Body)> answers)
    {
        try
        {
            while (true)
            {
                using var answer = await client.PostSessionAsync();
                answers.Add((answer.StatusCode, await answer.Content.ReadAsStringAsync()));
            }
        }
        catch (HttpRequestException)
        {
            // It has stopped.
        }
    }
}
