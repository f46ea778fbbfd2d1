using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Sends signals to the program from its first line on: during the start, when it runs, and while other commands run.</summary>
public sealed class SignalTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Longer than a start, so that signals arrive in all of its phases.</summary>
    private const int MaxDelayMilliseconds = 400;

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [TheoryWithSignals]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public Task A_signal_during_the_start_exits_with_code_0(string signal) => StopStartsAsync(signal, "Browsers:Path=none");

    [FactWithSignals]
    [Trait("Needs", "Chrome")]
    public Task A_signal_during_the_start_leaves_no_browser_behind() => StopStartsAsync("TERM");

    [FactWithSignals]
    public async Task SIGHUP_stops_the_emulator()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");

        Assert.Equal(0, await emulator.StopAsync("HUP"));
        AssertNoStackTrace(emulator);
    }

    [Fact]
    public async Task SIGHUP_stays_ignored_under_nohup()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync("trap '' HUP;", _folder, "Browsers:Path=none");
        using var client = emulator.CreateClient();

        await emulator.SendSignalAsync("HUP");

        Assert.True(EmulatorProcess.HasSignal(emulator.Id, "SigIgn", PosixSignal.SIGHUP));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/livez")).StatusCode);
        Assert.Equal(0, await emulator.StopAsync());
    }

    [TheoryWithSignals]
    [InlineData("doctor", "INT", 130)]
    [InlineData("doctor", "HUP", 129)]
    [InlineData("healthcheck", "INT", 130)]
    [InlineData("healthcheck", "TERM", 143)]
    public async Task A_signal_interrupts_a_command_that_waits_for_a_server(string command, string signal, int code)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var url = $"http://{server.LocalEndpoint}";
        await using var process = EmulatorProcess.LaunchCommand(_folder, command == "doctor" ? [command, $"--urls={url}", "--Browsers:Path=none"] : [command, url]);
        using var connection = await server.AcceptSocketAsync().WaitAsync(TimeSpan.FromSeconds(60));

        Assert.Equal(code, await process.StopAsync(signal));
        AssertNoStackTrace(process);
    }

    [FactWithSignals]
    public async Task A_signal_at_any_time_ends_a_command_without_a_stack_trace()
    {
        var random = TrustRunSettings.CreateRandom(output);
        for (var run = 0; run < TrustRunSettings.GetCount("SIGNALS", inTheSuite: 2); run++)
        {
            await using var process = EmulatorProcess.LaunchCommand(_folder, "openapi");
            await process.WaitUntilHandlingSignalsAsync();
            await DelayAsync(random);

            Assert.Contains(await process.StopAsync(), (int[])[0, 143]);
            AssertNoStackTrace(process);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task StopStartsAsync(string signal, params string[] settings)
    {
        var random = TrustRunSettings.CreateRandom(output);
        var runs = TrustRunSettings.GetCount("SIGNALS", inTheSuite: 3);
        for (var run = 0; run < runs; run++)
        {
            await using var emulator = EmulatorProcess.Launch(_folder, settings);
            await emulator.WaitUntilHandlingSignalsAsync();
            if (run > 0) await DelayAsync(random);

            Assert.Equal(0, await emulator.StopAsync(signal));
            AssertNoStackTrace(emulator);
            Assert.Empty(emulator.GetChildProcesses());
            Assert.Empty(emulator.GetProfileFolders());
        }

        output.WriteLine($"{runs} starts stopped by SIG{signal}: exit code 0, no stack trace, no browser or profile left");
    }

    private static Task DelayAsync(Random random) => Task.Delay(TimeSpan.FromMilliseconds(random.Next(MaxDelayMilliseconds)), TimeProvider.System);

    private static void AssertNoStackTrace(EmulatorProcess process) =>
        Assert.DoesNotContain(process.OutputLines, line => line.Contains("Unhandled exception", StringComparison.Ordinal) || line.StartsWith("   at ", StringComparison.Ordinal));
}

/// <summary>A test that sends signals. Skipped if the tests run with an ignored signal, because the emulator inherits that.</summary>
internal sealed class FactWithSignalsAttribute : FactAttribute
{
    public FactWithSignalsAttribute() => Skip = GetSkip();

    public static string? GetSkip() => new[] { PosixSignal.SIGHUP, PosixSignal.SIGINT }.Any(signal => EmulatorProcess.HasSignal(Environment.ProcessId, "SigIgn", signal))
        ? "SIGINT or SIGHUP is ignored here, as in a background command of a script or under nohup. Run the tests in the foreground."
        : null;
}

/// <inheritdoc cref="FactWithSignalsAttribute"/>
internal sealed class TheoryWithSignalsAttribute : TheoryAttribute
{
    public TheoryWithSignalsAttribute() => Skip = FactWithSignalsAttribute.GetSkip();
}
