using System.Net.Sockets;
using System.Net.WebSockets;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Egress;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>The emulator is killed (SIGKILL) again and again, at each stage of its work and at a time that chance picks, and started on what is left.</summary>
[Trait("Needs", "Chrome")]
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const long Credit = 5_000_000_000_000;
    private static readonly string[] Settings =
        ["Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Browsers:Max=4", $"Billing:FreeBytes={Credit / 5 * 1000}", "Logging:LogLevel:ChaserEmu.Sessions=Warning"];

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
    private readonly TestSite _site = new();
    private readonly List<string> _faults = [];
    private int _sessions, _keys;
    private TimeSpan _forgotten;

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
                var ledger = new DurabilityChecker(stage is Stage.UnderLoad ? Emulator.TestKey : Emulator.LiveKey);
                var killed = await KillAsync(stage, emulator, ledger, random);
                emulator = await StartAgainAsync(emulator, $"kill {kill}, {stage}", ledger, killed);
            }
        }
        finally
        {
            await emulator.DisposeAsync();
            await _site.DisposeAsync();
        }

        output.WriteLine($"{kills} kills ({kills / 6} at each of {string.Join(", ", Enum.GetNames<Stage>())}), {_sessions} sessions and {_keys} keys answered with 201");
        output.WriteLine($"lost, wrongly ended, wrongly billed, left behind, or not sound: {_faults.Count}");
        output.WriteLine($"most bytes forgotten before a kill: those of its last {_forgotten.TotalSeconds:0.00} s");
        Assert.Empty(_faults);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Has the emulator work, and kills it meanwhile. Answers when that was.</summary>
    private async Task<long> KillAsync(Stage stage, EmulatorProcess emulator, DurabilityChecker ledger, Random random)
    {
        if (stage is Stage.Starting)
        {
            await emulator.KillAsync();
            await KillWhileStartingAsync(random);
            return TimeProvider.System.GetTimestamp();
        }

        using var client = emulator.CreateClient(ledger.Key);
        var prepared = stage is Stage.Creating or Stage.UnderLoad
            ? []
            : (await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => ledger.CreateReadyAsync(client)))).Select(session => session!.Value).ToArray();
        var work = stage switch
        {
            Stage.Creating => Enumerable.Range(0, 8).Select(_ => (Task)ledger.CreateAsync(client)),
            Stage.CdpBusy => prepared.SelectMany(session => new[] { BrowseAsync(session), ledger.PollBytesAsync(client, session.Id()) }),
            Stage.Closing => prepared.Select(session => ledger.DeleteAsync(client, session.Id())),
            Stage.UnderLoad => Enumerable.Range(0, 8).Select(worker => LoadAsync(ledger, client, emulator, worker)),
            _ => [],
        };
        var running = work.ToArray();
        await ledger.FirstSessionCreated;
        var most = stage switch { Stage.CdpBusy => 3000, Stage.UnderLoad => 1500, _ => 80 };

        // Not a wait: the moment of the kill is the random input of this test.
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(most)), TimeProvider.System);
        await emulator.KillAsync();
        var killed = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(running);
        return killed;
    }

    /// <summary>On the data that there is, and on none: while the tables are made.</summary>
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

        await using (var again = await EmulatorProcess.StartAsync(fresh, [.. Settings, "Browsers:Path=none"]))
            _faults.AddRange(DurabilityChecker.FindDatabaseErrors(Path.Combine(fresh, "emulator.db"), Credit).Select(fault => $"killed on a fresh file: {fault}"));
        Directory.Delete(fresh, recursive: true);
    }

    private async Task<EmulatorProcess> StartAgainAsync(EmulatorProcess dead, string when, DurabilityChecker ledger, long killed)
    {
        var roots = Directory.GetDirectories(dead.TempFolder, "chaser-emu-*").SelectMany(Directory.GetFileSystemEntries).ToArray();
        await dead.DisposeAsync();
        var emulator = await EmulatorProcess.StartAsync(_folder, Settings);
        using var client = emulator.CreateClient(ledger.Key);
        var faults = await ledger.FindErrorsAsync(client, killed);
        faults.AddRange(DurabilityChecker.FindDatabaseErrors(Path.Combine(_folder, "emulator.db"), Credit));
        faults.AddRange(roots.Where(Path.Exists).Select(root => $"{root} is left."));
        faults.AddRange(roots.SelectMany(TestBrowsers.FindProcessesMentioning).Select(process => $"Process {process} is left."));
        _faults.AddRange(faults.Select(fault => $"{when}: {fault}"));
        (_sessions, _keys) = (_sessions + ledger.Sessions, _keys + ledger.Keys);
        if (ledger.LongestLoss > _forgotten) _forgotten = ledger.LongestLoss;
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
        catch (Exception death) when (death is WebSocketException or SocketException or IOException or System.Text.Json.JsonException)
        {
            // It was killed.
        }
    }

    private static async Task LoadAsync(DurabilityChecker ledger, HttpClient client, EmulatorProcess emulator, int worker)
    {
        using var dashboard = emulator.CreateDashboardClient();
        while (await ledger.CreateAsync(client) is { } session)
        {
            if (worker == 0) await ledger.CreateKeyAsync(dashboard);
            if (worker % 2 == 0) await ledger.DeleteAsync(client, session);
        }
    }
}
