using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

public sealed class ChromeProcessTests
{
    [Fact]
    public async Task Disposing_closes_all_its_pipes()
    {
        if (!OperatingSystem.IsLinux()) return;
        string[] pipes;
        var profile = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        await using (var process = ChromeProcess.Start("/bin/sleep", ["60"], profile, _ => { }))
        {
            // Its errors, and the two of DevTools.
            pipes = await Eventually.GetAsync(
                () => Task.FromResult(Enumerable.Range(2, 3).Select(number => Target($"/proc/{process.Id}/fd/{number}")).ToArray()),
                targets => targets.All(target => target.StartsWith("pipe:", StringComparison.Ordinal)));
            Assert.Equal(3, Open().Intersect(pipes).Count());
        }

        Assert.Empty(Open().Intersect(pipes));
        Directory.Delete(profile, recursive: true);
    }

    private static IEnumerable<string> Open() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(Target);

    private static string Target(string link) => Path.GetFileName(new FileInfo(link).LinkTarget ?? "");
}
