using System.Net.Http.Json;
using System.Text;

namespace ChaserEmu.Tests.Accounts;

/// <summary>A key is in no file and, even at level Trace, in no log.</summary>
public sealed class SecretLeakTests : IDisposable
{
    private static readonly string[] TraceSettings = [.. new[] { "Default", "ChaserEmu", "Microsoft", "Microsoft.AspNetCore", "Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.EntityFrameworkCore", "Microsoft.Extensions.Hosting", "Microsoft.Hosting.Lifetime", "Yarp" }
        .Select(category => $"Logging:LogLevel:{category}=Trace"), "Logging:Console:LogLevel:Default=None"];

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task Keys_are_kept_as_hashes_and_never_logged()
    {
        const string Seeded = "cha_live_seeded-and-secret-0123456789";
        const string Unseeded = "cha_test_used-and-secret-0123456789";
        const string Malformed = "cha_nonsense_refused-and-secret-0123456789";
        const string Imported = "cha_test_imported-and-secret-0123456789";
        string created;
        CapturingLogger logs;
        await using (var emulator = Emulator.StartIn(_folder, [.. TraceSettings, $"Auth:Keys:0={Seeded}"]))
        {
            logs = emulator.Logs;
            using var client = emulator.CreateClient(Unseeded);
            var session = await client.CreateReadySessionAsync();
            using (var rejected = emulator.CreateClient(Malformed)) await rejected.GetAsync("/v1/sessions");
            using (var dashboard = emulator.CreateDashboardClient(Seeded))
            {
                var key = await (await dashboard.PostAsJsonAsync("/v1/keys", new { name = "another" })).ReadJsonAsync(System.Net.HttpStatusCode.Created);
                created = key.Text("secret")!;
                using var rotated = await dashboard.PostAsync($"/v1/keys/{key.Id()}/rotate", null);
            }

            using (var fresh = emulator.CreateClient(created)) await fresh.GetAsync("/v1/usage");
            await client.PostAsJsonAsync("/_emu/faults", new { match = new { key = Unseeded }, effect = new { type = "delay", seconds = 0 } });
            await client.PostAsJsonAsync("/_emu/reset", new { key = Unseeded });
            await client.GetAsync($"/sessions/{session.Id()}");
            await client.GetAsync("/_emu/journal");
            using var state = new StringContent($$"""{"version":1,"workspaces":[{"key":"{{Imported}}"},{"key":"{{Unseeded}}"}]}""");
            (await client.PutAsync("/_emu/state", state)).EnsureSuccessStatusCode();
        }

        var files = string.Concat(Directory.EnumerateFiles(_folder).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        foreach (var traceLine in new[] { "Request starting", "candidate(s) found for the request path", "Executing endpoint" })
            Assert.Contains(logs.Lines, line => line.Contains(traceLine, StringComparison.Ordinal));
        foreach (var key in new[] { Seeded, Unseeded, Malformed, Imported, created })
        {
            var secret = key[^20..];
            Assert.DoesNotContain(logs.Lines, line => line.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(secret, files, StringComparison.Ordinal);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
