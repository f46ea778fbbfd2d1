using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Gateway;

namespace ChaserEmu.Tests.Trust;

/// <summary>Sends SIGTERM while sessions are created and connections are open.</summary>
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
        var responses = new ConcurrentBag<(HttpStatusCode Status, string Body)>();
        var creating = Enumerable.Range(0, 4).Select(_ => CreateUntilRefusedAsync(test, responses)).ToArray();
        await Eventually.IsTrueAsync(() => responses.Count > 20);

        Assert.Equal(0, await emulator.StopAsync().WaitAsync(TimeSpan.FromSeconds(5)));

        foreach (var frames in await Task.WhenAll(reading)) Assert.Equal((1001, "abandoned_orphan"), frames[^1].Close);
        await Task.WhenAll(creating);
        var refused = responses.Where(response => response.Status is not HttpStatusCode.Created).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, response => Assert.Equal((HttpStatusCode.ServiceUnavailable, """{"error":{"code":"unavailable","message":"The emulator is shutting down."}}"""), response));

        await using var next = Emulator.StartIn(_folder);
        Assert.Empty(DurabilityChecker.FindDatabaseErrors(Path.Combine(_folder, "emulator.db"), credit: 500_000));
        foreach (var (key, id) in sessions.Select(session => (Emulator.LiveKey, session.Id()))
            .Concat(responses.Where(response => response.Status is HttpStatusCode.Created).Select(response => (Emulator.TestKey, JsonElement.Parse(response.Body).Id()))))
        {
            using var later = next.CreateClient(key);
            var ended = await later.GetSessionAsync(id);
            Assert.Equal(("closed", "abandoned_orphan"), (ended.Text("status"), ended.Text("ended_reason")));
        }

        foreach (var client in clients) client.Dispose();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Creates sessions until the emulator no longer accepts connections.</summary>
    private static async Task CreateUntilRefusedAsync(HttpClient client, ConcurrentBag<(HttpStatusCode Status, string Body)> responses)
    {
        try
        {
            while (true)
            {
                using var response = await client.PostSessionAsync();
                responses.Add((response.StatusCode, await response.Content.ReadAsStringAsync()));
            }
        }
        catch (HttpRequestException)
        {
            // The emulator has stopped.
        }
    }
}
