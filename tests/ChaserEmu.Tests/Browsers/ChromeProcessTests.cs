using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Browsers;

public sealed class ChromeProcessTests
{
    [FactOnLinux]
    public async Task Disposing_closes_all_its_pipes()
    {
        string[] pipes;
        var profile = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        await using (var process = ChromeProcess.Start("/bin/sleep", ["60"], profile, _ => { }))
        {
            // Standard error, and the two pipes of DevTools.
            pipes = await Eventually.GetAsync(
                () => Task.FromResult(Enumerable.Range(2, 3).Select(number => LinkTarget($"/proc/{process.Id}/fd/{number}")).ToArray()),
                targets => targets.All(target => target.StartsWith("pipe:", StringComparison.Ordinal)));
            Assert.Equal(3, OpenFiles().Intersect(pipes).Count());
        }

        Assert.Empty(OpenFiles().Intersect(pipes));
        Directory.Delete(profile, recursive: true);
    }

    private static IEnumerable<string> OpenFiles() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(LinkTarget);

    private static string LinkTarget(string link) => Path.GetFileName(new FileInfo(link).LinkTarget ?? "");
}
