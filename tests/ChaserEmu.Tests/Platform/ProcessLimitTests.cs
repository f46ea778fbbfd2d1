using ChaserEmu.Platform;

namespace ChaserEmu.Tests.Platform;

public sealed class ProcessLimitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    /// <param name="membership">The content of /proc/self/cgroup.</param>
    /// <param name="limits">The existing cgroups with their limits. Each has 30 processes.</param>
    /// <param name="remaining">The expected number of remaining processes; null means no limit.</param>
    [Theory]
    [InlineData("0::/a/b", "a:500 a/b:100", 70)]
    [InlineData("0::/a/b", "a:100 a/b:max", 70)]
    [InlineData("0::/a/b", "a:20 a/b:100", -10)]
    [InlineData("0::/", ":100", 70)]
    [InlineData("0::/a", "b:100", null)]
    [InlineData("0::/a", "a:max", null)]
    [InlineData("12:cpu,cpuacct:/a\n8:misc,pids:/a\n0::/", "pids/a:100", 70)]
    [InlineData("8:pids:/docker/4711\n0::/", "pids:100", 70)]
    [InlineData("8:cpu:/a\n0::/", "pids/a:100", null)]
    [InlineData("", ":100", null)]
    [InlineData("nonsense", ":100", null)]
    public void The_strictest_control_group_determines_the_remaining_processes(string membership, string limits, int? remaining)
    {
        var (file, root) = (Path.Combine(_folder, "membership"), Path.Combine(_folder, "root"));
        File.WriteAllText(file, membership + "\n");
        foreach (var limit in limits.Split(' ').Select(limit => limit.Split(':')))
        {
            var group = Directory.CreateDirectory(Path.Combine(root, limit[0])).FullName;
            File.WriteAllText(Path.Combine(group, "pids.max"), limit[1] + "\n");
            File.WriteAllText(Path.Combine(group, "pids.current"), "30\n");
        }

        Assert.Equal(remaining ?? long.MaxValue, ProcessLimit.GetRemainingInCgroups(file, root));
    }

    [Fact]
    public void Without_control_groups_there_is_no_limit() =>
        Assert.Equal(long.MaxValue, ProcessLimit.GetRemainingInCgroups(Path.Combine(_folder, "missing"), _folder));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
