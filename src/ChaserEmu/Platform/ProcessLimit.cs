using System.Globalization;

namespace ChaserEmu.Platform;

/// <summary>
/// Checks the limits of processes (<c>ulimit -u</c>, cgroup <c>pids.max</c>), which count every thread. If .NET cannot create a thread,
/// it ends the process, and browsers use all that is available. So the last processes are reserved for the emulator.
/// </summary>
internal static class ProcessLimit
{
    /// <summary>The processes and threads of a browser with one page, at most.</summary>
    private const int PerBrowser = 60;

    /// <summary>Reserved for our own threads: some short-lived ones, and one thread-pool thread per core.</summary>
    private static readonly int Reserve = 16 + Environment.ProcessorCount;

    /// <summary>Gets the advice for users that belongs to an error about too many processes.</summary>
    public static string Remedy => $"Raise the limit (ulimit -u, TasksMax of a service, --pids-limit of a container). A browser needs about {PerBrowser} processes and threads.";

    /// <summary>
    /// Returns the <c>ulimit -u</c> to set for child processes: our own limit without the reserve. Null if we have no limit. The
    /// kernel compares the process count of the user with the limit of the process that forks, so children fail before we do.
    /// </summary>
    public static long? GetChildLimit() => ResourceLimit.Processes.Soft is var limit && limit <= int.MaxValue ? Math.Max(1, (long)limit - Reserve) : null;

    /// <summary>Returns whether the cgroup limit of a container or a service leaves room for this many more browsers.</summary>
    public static bool HasRoomFor(int browsers) => !OperatingSystem.IsLinux() || GetRemainingInCgroups("/proc/self/cgroup", "/sys/fs/cgroup") >= (browsers * PerBrowser) + Reserve;

    /// <summary>Returns how many processes the strictest of our cgroups leaves; <see cref="long.MaxValue"/> if none has a limit or it is unknown.</summary>
    /// <param name="membership">The file that lists our cgroups: <c>0::/path</c> (version 2), or <c>8:pids:/path</c> (version 1).</param>
    /// <param name="root">The folder where cgroups are mounted.</param>
    internal static long GetRemainingInCgroups(string membership, string root)
    {
        try
        {
            return File.ReadLines(membership).Select(line => line.Split(':', 3)).Where(parts => parts.Length == 3).Min(parts => parts switch
            {
                ["0", "", var path] => GetRemainingUpTo(root, path),
                [_, var controllers, var path] when controllers.Split(',').Contains("pids") => GetRemainingUpTo(Path.Combine(root, "pids"), path),
                _ => long.MaxValue,
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return long.MaxValue;
        }
    }

    // A container can see the path of its cgroup on the host, which does not exist inside it. Its own cgroup is then the root.
    private static long GetRemainingUpTo(string root, string path)
    {
        var remaining = GetRemaining(root);
        var group = root;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            group = Path.Combine(group, name);
            remaining = Math.Min(remaining, GetRemaining(group));
        }

        return remaining;
    }

    private static long GetRemaining(string group)
    {
        var (max, current) = (Path.Combine(group, "pids.max"), Path.Combine(group, "pids.current"));
        return File.Exists(max) && ReadNumber(max) is { } limit && ReadNumber(current) is { } count ? limit - count : long.MaxValue;
    }

    private static long? ReadNumber(string file) =>
        long.TryParse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) ? number : null;
}
