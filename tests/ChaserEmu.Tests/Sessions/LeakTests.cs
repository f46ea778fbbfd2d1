using System.Net;
using ChaserEmu.Tests.Browsers;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Runs without other tests, so that the memory and ports of the process belong to one emulator.</summary>
[CollectionDefinition(nameof(NonParallel), DisableParallelization = true)]
public sealed class NonParallel;

/// <summary>After many sessions, the emulator uses no more resources than after the first few.</summary>
[Trait("Needs", "Chrome")]
[Collection(nameof(NonParallel))]
public sealed class LeakTests(ITestOutputHelper output)
{
    private const int Rounds = 100;
    private const int WarmUpRounds = 10;
    private const int Parallelism = 4;

    [Fact]
    public async Task A_hundred_sessions_leave_no_process_no_folder_no_port_and_no_memory()
    {
        // The small journal is full after the warm-up, so its growth is not counted as a leak.
        await using var emulator = Emulator.StartWithChrome("Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Browsers:Max=8", "Journal:Capacity=50");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var root = await GetProfileRootAsync(emulator, client);

        await RunSessionsAsync(client, WarmUpRounds);
        await WaitForOnlyWarmBrowserAsync(root);
        var ports = CountPorts(root);
        var early = GC.GetTotalMemory(forceFullCollection: true);
        var start = TimeProvider.System.GetTimestamp();
        await RunSessionsAsync(client, Rounds - WarmUpRounds);
        var elapsed = TimeProvider.System.GetElapsedTime(start);

        await WaitForOnlyWarmBrowserAsync(root);
        var late = GC.GetTotalMemory(forceFullCollection: true);
        output.WriteLine($"{Rounds - WarmUpRounds} rounds in {elapsed.TotalSeconds:0.0} s; {early / 1e6:0.0} MB after {WarmUpRounds} rounds, {late / 1e6:0.0} MB after {Rounds}");
        await Eventually.IsTrueAsync(() => CountPorts(root) == ports);
        Assert.True(late < early * 1.2, $"{early} bytes of memory after {WarmUpRounds} rounds, {late} after {Rounds}.");
    }

    private static async Task<string> GetProfileRootAsync(Emulator emulator, HttpClient client)
    {
        var session = (await client.CreateReadySessionAsync()).Id();
        var arguments = TestBrowsers.GetArguments((await emulator.InspectAsync(session)).GetProperty("browser_pid").GetInt32());
        await client.DeleteAsync($"/v1/sessions/{session}");
        return Path.GetDirectoryName(arguments.Single(argument => argument.StartsWith("--user-data-dir=", StringComparison.Ordinal))["--user-data-dir=".Length..])!;
    }

    /// <summary>Waits until only the warm browser is left and listens, so that its port is counted.</summary>
    private static Task WaitForOnlyWarmBrowserAsync(string root) =>
        Eventually.IsTrueAsync(() => Directory.GetDirectories(root).Length == 1 && TestBrowsers.FindBrowserProcesses(root) is [var warm] && EmulatorProcess.GetListeningPorts([warm]).Length > 0);

    private static int CountPorts(string root) => EmulatorProcess.GetListeningPorts([Environment.ProcessId, .. TestBrowsers.FindProcessesMentioning(root)]).Length;

    private static Task RunSessionsAsync(HttpClient client, int rounds) =>
        Parallel.ForAsync(0, rounds, new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (_, cancellationToken) =>
        {
            var session = await client.CreateReadySessionAsync();
            Assert.Equal("ready", session.Text("status"));
            await using (var cdp = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!))) await cdp.AttachToPagesAsync();
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{session.Id()}", cancellationToken)).StatusCode);
        });
}
