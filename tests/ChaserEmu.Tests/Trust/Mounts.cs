using System.Diagnostics;

namespace ChaserEmu.Tests.Trust;

/// <summary>
/// Mounts file systems that are visible only to one process and its children, and that are unmounted with them. Linux only; needs root or user
/// namespaces.
/// </summary>
internal static class Mounts
{
    /// <summary>Root can mount directly. Other users become root of a new user namespace, in which they can mount.</summary>
    private static readonly string Flags = Environment.IsPrivilegedProcess ? "--mount" : "--mount --map-root-user";

    private static readonly Lazy<bool> CanMount = new(TryMount);

    public static bool AreAllowed => CanMount.Value;

    /// <summary>Returns a shell command that runs <paramref name="script"/> in a new mount namespace and then the rest of the command line.</summary>
    public static string WrapCommand(string script) => $"exec unshare {Flags} /bin/sh -c '{script} && exec \"$0\" \"$@\"' \"$0\" \"$@\" 2>&1;";

    /// <summary>Returns a shell command that mounts a tmpfs of a given size.</summary>
    public static string MountDiskCommand(string path, string size) => $"mkdir -p {path} && mount -t tmpfs -o size={size} disk {path}";

    private static bool TryMount()
    {
        if (!OperatingSystem.IsLinux()) return false;
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", WrapCommand("mount -t tmpfs none /tmp"), "true" }, RedirectStandardOutput = true })!;
        shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return shell.ExitCode == 0;
    }
}

/// <summary>A test that mounts file systems. Skipped if that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithMountsAttribute : FactAttribute
{
    public FactWithMountsAttribute()
    {
        if (!Mounts.AreAllowed) Skip = "Cannot mount file systems. Run as root or enable user namespaces (Linux).";
    }
}
