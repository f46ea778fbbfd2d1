using System.Net;
using ChaserEmu.Tests.Browsers;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Runs while no other test does, so that the memory and the ports of this process are those of one emulator.</summary>
[CollectionDefinition(nameof(NonParallel), DisableParallelization = true)]
public sealed class NonParallel;

/// <summary>Many sessions one after another leave the emulator as the first few left it.</summary>
[Trait("Needs", "Chrome")]
[Collection(nameof(NonParallel))]
public sealed class LeakTests(ITestOutputHelper output)
{
    private const int Rounds = 100;
    private const int Warming = 10;
    private const int AtOnce = 4;

    [Fact]
    public async Task A_hundred_sessions_leave_no_process_no_folder_no_port_and_no_memory()
    {
        // What the journal keeps of the polls is no leak, and is there from the first rounds on.
        await using var emulator = Emulator.StartWithChrome("Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Browsers:Max=8", "Journal:Capacity=50");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var root = await ProfileRootAsync(emulator, client);

        await RunAsync(client, Warming);
        await OnlyTheWarmOneIsLeftAsync(root);
        var ports = Ports(root);
        var early = GC.GetTotalMemory(forceFullCollection: true);
        var start = TimeProvider.System.GetTimestamp();
        await RunAsync(client, Rounds - Warming);
        var took = TimeProvider.System.GetElapsedTime(start);

        await OnlyTheWarmOneIsLeftAsync(root);
        var late = GC.GetTotalMemory(forceFullCollection: true);
        output.WriteLine($"{Rounds - Warming} rounds in {took.TotalSeconds:0.0} s; {early / 1e6:0.0} MB after {Warming} rounds, {late / 1e6:0.0} MB after {Rounds}");
        await Eventually.IsTrueAsync(() => Ports(root) == ports);
        Assert.True(late < early * 1.2, $"{early} bytes of memory after {Warming} rounds, {late} after {Rounds}.");
    }

    private static async Task<string> ProfileRootAsync(Emulator emulator, HttpClient client)
    {
        var session = (await client.CreateReadySessionAsync()).Id();
        var arguments = TestBrowsers.GetArguments((await emulator.InspectAsync(session)).GetProperty("browser_pid").GetInt32());
        await client.DeleteAsync($"/v1/sessions/{session}");
        return Path.GetDirectoryName(arguments.Single(argument => argument.StartsWith("--user-data-dir=", StringComparison.Ordinal))["--user-data-dir=".Length..])!;
    }

    /// <summary>And listens, or its port would count later.</summary>
    private static Task OnlyTheWarmOneIsLeftAsync(string root) =>
        Eventually.IsTrueAsync(() => Directory.GetDirectories(root).Length == 1 && TestBrowsers.FindBrowserProcesses(root) is [var warm] && EmulatorProcess.GetListeningPorts([warm]).Length > 0);

    private static int Ports(string root) => EmulatorProcess.GetListeningPorts([Environment.ProcessId, .. TestBrowsers.FindProcessesMentioning(root)]).Length;

    private static Task RunAsync(HttpClient client, int rounds) =>
        Parallel.ForAsync(0, rounds, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (_, cancelled) =>
        {
            var session = await client.CreateReadySessionAsync();
            Assert.Equal("ready", session.Text("status"));
            await using (var cdp = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!))) await cdp.AttachToPagesAsync();
            Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{session.Id()}", cancelled)).StatusCode);
        });
}
