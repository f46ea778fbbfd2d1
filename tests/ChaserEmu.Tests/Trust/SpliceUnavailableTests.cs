using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Trust;

/// <summary>The system forbids splice for sockets, as some container sandboxes do.</summary>
[Trait("Needs", "Chrome")]
public sealed class SpliceUnavailableTests : IDisposable
{
    private const int Length = 30_000_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [FactOnLinux]
    public async Task Without_splice_a_large_download_arrives_complete_and_is_counted()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync($"export DOTNET_STARTUP_HOOKS='{typeof(StartupHook).Assembly.Location}';", _folder);
        Assert.Contains("\nSeccomp:\t2\n", await File.ReadAllTextAsync($"/proc/{emulator.Id}/status"), StringComparison.Ordinal);
        await using var site = new TestSite();
        using var client = emulator.CreateClient();
        var session = await client.CreateReadySessionAsync();
        await using var page = await CdpPage.OpenAsync(session);
        await page.NavigateAsync(site.HttpUrl);

        for (var time = 1; time <= 2; time++)
        {
            Assert.Equal(Length, await page.FetchLengthAsync($"/bytes/{Length}"));
            Assert.InRange((await client.GetSessionAsync(session.Id())).GetProperty("bytes_down").GetInt64(), time * Length, time * Length * 1.05);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
