using System.Net;
using ChaserEmu.Tests.Browsers;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Many sessions one after another leave the emulator as the first few left it.</summary>
[Trait("Needs", "Chrome")]
public sealed class LeakTests(ITestOutputHelper output) : IDisposable
{
    private const int Rounds = 100;
    private const int Warming = 10;
    private const int AtOnce = 4;

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task A_hundred_sessions_leave_no_process_no_folder_no_port_and_no_memory()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var client = emulator.Client();
        var fresh = await SettledAsync(emulator);

        await RunAsync(emulator, client, Warming);
        await SettledAsync(emulator);
        var early = emulator.PrivateMemory();
        var start = TimeProvider.System.GetTimestamp();
        await RunAsync(emulator, client, Rounds - Warming);
        output.WriteLine($"{Rounds - Warming} rounds in {TimeProvider.System.GetElapsedTime(start).TotalSeconds:0.0} s");

        Assert.Equal(fresh, await SettledAsync(emulator));
        var late = emulator.PrivateMemory();
        output.WriteLine($"{early / 1e6:0.0} MB after {Warming} rounds, {late / 1e6:0.0} MB after {Rounds}");
        Assert.True(late < early * 1.2, $"{early} bytes of memory after {Warming} rounds, {late} after {Rounds}.");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>How many of each remain when only the warm browser does: profiles, and ports (the API's, the browser's, its proxy's).</summary>
    private static Task<(int Profiles, int Browsers, int Ports)> SettledAsync(EmulatorProcess emulator) => Eventually.AsyncValue(
        () => Task.FromResult((emulator.Profiles().Length, Chrome.Leading(emulator.Temporary).Length, emulator.ListeningPorts().Length)),
        left => left == (1, 1, 3));

    private static Task RunAsync(EmulatorProcess emulator, HttpClient client, int rounds) =>
        Parallel.ForAsync(0, rounds, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, cancelled) =>
        {
            var session = await client.CreateReadySessionAsync();
            Assert.Equal("ready", session.Text("status"));
            await using (var cdp = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!))) await cdp.PagesAsync();
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{session.Id()}", cancelled)).StatusCode);
        });
}
