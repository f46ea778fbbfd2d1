using System.Globalization;

namespace ChaserEmu.Platform;

/// <summary>
/// How many processes the system lets us have, every thread counted as one. Where .NET wants another thread and gets none, it ends the
/// process; and a browser takes as many as there are. So the last are not for browsers.
/// </summary>
internal static class ProcessLimit
{
    /// <summary>What a browser with one page comes to, at most.</summary>
    private const int OfBrowser = 60;

    /// <summary>For our own threads: .NET has some that come and go, and one of its pool for each core.</summary>
    private static readonly int Reserve = 16 + Environment.ProcessorCount;

    public static string Remedy => $"Allow more (ulimit -u, TasksMax of a service, --pids-limit of a container); a browser needs some {OfBrowser}.";

    /// <summary>
    /// How many processes this user may have for those whom we start to be let have another (their <c>ulimit -u</c>): the system compares
    /// the user's count with the limit of the one that asks. Null when we have no limit ourselves.
    /// </summary>
    public static long? GetChildLimit() => ResourceLimit.Processes.Soft is var present && present <= int.MaxValue ? Math.Max(1, (long)present - Reserve) : null;

    /// <summary>Whether a container or a service leaves room for so many browsers more.</summary>
    public static bool HasRoomFor(int browsers) => !OperatingSystem.IsLinux() || GetRemainingInCgroups("/proc/self/cgroup", "/sys/fs/cgroup") >= (browsers * OfBrowser) + Reserve;

    /// <summary>What the strictest of our control groups leaves; <see cref="long.MaxValue"/> when none has a limit, or it cannot be told.</summary>
    /// <param name="membership">The file that names our groups: <c>0::/path</c> (version 2), or <c>8:pids:/path</c> (version 1).</param>
    /// <param name="root">Where the groups are mounted.</param>
    internal static long GetRemainingInCgroups(string membership, string root)
    {
        try
        {
            return File.ReadLines(membership).Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3).Min(parts => parts switch
            {
                ["0", "", var path] => LeftUpTo(root, path),
                [_, var controllers, var path] when controllers.Split(',').Contains("pids") => LeftUpTo(Path.Combine(root, "pids"), path),
                _ => long.MaxValue,
            });
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return long.MaxValue;
        }
    }

    /// <summary>A container may see the path that its host knows, which is not there in it; its own group is the root then.</summary>
    private static long LeftUpTo(string root, string path)
    {
        var left = Left(root);
        var group = root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            group = Path.Combine(group, name);
            left = Math.Min(left, Left(group));
        }

        return left;
    }

    private static long Left(string group)
    {
        var (most, present) = (Path.Combine(group, "pids.max"), Path.Combine(group, "pids.current"));
        return File.Exists(most) && Number(most) is { } limit && Number(present) is { } number ? limit - number : long.MaxValue;
    }

    private static long? Number(string file) =>
        long.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) ? number : null;
}
