using System.Net.Sockets;
using System.Net.WebSockets;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Egress;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Kills the emulator (SIGKILL) repeatedly, at each stage of its work and at random times, and restarts it on the same data.</summary>
[Trait("Needs", "Chrome")]
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const long Credit = 5_000_000_000_000;
    private static readonly string[] Settings =
        ["Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Browsers:Max=4", $"Billing:FreeBytes={Credit / 5 * 1000}", "Logging:LogLevel:ChaserEmu.Sessions=Warning"];

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
    private readonly TestSite _site = new();
    private readonly List<string> _errors = [];
    private int _sessions, _keys;
    private TimeSpan _longestLoss;

    private enum Stage
    {
        Creating,
        Ready,
        CdpBusy,
        Closing,
        Starting,
        UnderLoad,
    }

    [Fact]
    public async Task A_kill_at_any_stage_loses_no_acknowledged_write_and_leaves_nothing_behind()
    {
        var kills = TrustRunSettings.GetCount("KILLS", inTheSuite: 6);
        var random = TrustRunSettings.CreateRandom(output);
        var emulator = await EmulatorProcess.StartAsync(_folder, Settings);
        try
        {
            for (var kill = 0; kill < kills; kill++)
            {
                var stage = (Stage)(kill % 6);
                var checker = new DurabilityChecker(stage is Stage.UnderLoad ? Emulator.TestKey : Emulator.LiveKey);
                var killed = await KillAsync(stage, emulator, checker, random);
                emulator = await RestartAsync(emulator, $"kill {kill}, {stage}", checker, killed);
            }
        }
        finally
        {
            await emulator.DisposeAsync();
            await _site.DisposeAsync();
        }

        output.WriteLine($"{kills} kills ({kills / 6} at each of {string.Join(", ", Enum.GetNames<Stage>())}), {_sessions} sessions and {_keys} keys acknowledged with 201");
        output.WriteLine($"errors (lost, wrong ended_reason, wrong price, left processes or files, database errors): {_errors.Count}");
        output.WriteLine($"longest loss of bytes before a kill: {_longestLoss.TotalSeconds:0.00} s");
        Assert.Empty(_errors);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Kills the emulator while it works. Returns the timestamp of the kill.</summary>
    private async Task<long> KillAsync(Stage stage, EmulatorProcess emulator, DurabilityChecker checker, Random random)
    {
        if (stage is Stage.Starting)
        {
            await emulator.KillAsync();
            await KillWhileStartingAsync(random);
            return TimeProvider.System.GetTimestamp();
        }

        using var client = emulator.CreateClient(checker.Key);
        var prepared = stage is Stage.Creating or Stage.UnderLoad
            ? []
            : (await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => checker.CreateReadyAsync(client)))).Select(session => session!.Value).ToArray();
        var work = stage switch
        {
            Stage.Creating => Enumerable.Range(0, 8).Select(_ => (Task)checker.CreateAsync(client)),
            Stage.CdpBusy => prepared.SelectMany(session => new[] { BrowseAsync(session), checker.PollBytesAsync(client, session.Id()) }),
            Stage.Closing => prepared.Select(session => checker.DeleteAsync(client, session.Id())),
            Stage.UnderLoad => Enumerable.Range(0, 8).Select(worker => LoadAsync(checker, client, emulator, worker)),
            _ => [],
        };
        var running = work.ToArray();
        await checker.FirstSessionCreated;
        var maxMilliseconds = stage switch { Stage.CdpBusy => 3000, Stage.UnderLoad => 1500, _ => 80 };

        // Not a wait: the moment of the kill is the random input of this test.
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(maxMilliseconds)), TimeProvider.System);
        await emulator.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(running);
        return killed;
    }

    /// <summary>Kills an emulator while it starts, on existing data and on a new file whose tables are being created.</summary>
    private async Task KillWhileStartingAsync(Random random)
    {
        var fresh = Path.Combine(_folder, "fresh");
        foreach (var folder in new[] { _folder, fresh })
        {
            await using var starting = EmulatorProcess.Launch(folder, Settings);

            // The moment of the kill is random.
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(1500)), TimeProvider.System);
            await starting.KillAsync();
        }

        await using (var restarted = await EmulatorProcess.StartAsync(fresh, [.. Settings, "Browsers:Path=none"]))
            _errors.AddRange(DurabilityChecker.FindDatabaseErrors(Path.Combine(fresh, "emulator.db"), Credit).Select(error => $"killed on a new file: {error}"));
        Directory.Delete(fresh, recursive: true);
    }

    private async Task<EmulatorProcess> RestartAsync(EmulatorProcess killedEmulator, string when, DurabilityChecker checker, long killed)
    {
        var roots = Directory.GetDirectories(killedEmulator.TempFolder, "chaser-emu-*").SelectMany(Directory.GetFileSystemEntries).ToArray();
        await killedEmulator.DisposeAsync();
        var emulator = await EmulatorProcess.StartAsync(_folder, Settings);
        using var client = emulator.CreateClient(checker.Key);
        var errors = await checker.FindErrorsAsync(client, killed);
        errors.AddRange(DurabilityChecker.FindDatabaseErrors(Path.Combine(_folder, "emulator.db"), Credit));
        errors.AddRange(roots.Where(Path.Exists).Select(root => $"{root} was not deleted."));
        errors.AddRange(roots.SelectMany(TestBrowsers.FindProcessesMentioning).Select(process => $"Process {process} still runs."));
        _errors.AddRange(errors.Select(error => $"{when}: {error}"));
        (_sessions, _keys) = (_sessions + checker.Sessions, _keys + checker.Keys);
        if (checker.LongestLoss > _longestLoss) _longestLoss = checker.LongestLoss;
        return emulator;
    }

    private async Task BrowseAsync(System.Text.Json.JsonElement session)
    {
        try
        {
            await using var page = await CdpPage.OpenAsync(session);
            await page.NavigateAsync(_site.HttpUrl);
            await page.EvaluateAsync<bool>("fetch('/flow').then(r => r.body.pipeTo(new WritableStream())), true");
            while (true) await page.EvaluateAsync<string>("'x'.repeat(10000)");
        }
        catch (Exception exception) when (exception is WebSocketException or SocketException or IOException or System.Text.Json.JsonException)
        {
            // The emulator was killed.
        }
    }

    private static async Task LoadAsync(DurabilityChecker checker, HttpClient client, EmulatorProcess emulator, int worker)
    {
        using var dashboard = emulator.CreateDashboardClient();
        while (await checker.CreateAsync(client) is { } session)
        {
            if (worker == 0) await checker.CreateKeyAsync(dashboard);
            if (worker % 2 == 0) await checker.DeleteAsync(client, session);
        }
    }
}
