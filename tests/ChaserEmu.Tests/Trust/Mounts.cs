using System.Diagnostics;

namespace ChaserEmu.Tests.Trust;

/// <summary>File systems that one process sees, and those that it starts, and which go with them (on Linux, where the machine allows it).</summary>
internal static class Mounts
{
    /// <summary>Root needs no more; others become root of a user namespace, within which they may mount.</summary>
    private static readonly string Flags = Environment.IsPrivilegedProcess ? "--mount" : "--mount --map-root-user";

    private static readonly Lazy<bool> Tried = new(Try);

    public static bool AreAllowed => Tried.Value;

    /// <summary>For a shell: to do <paramref name="script"/> where it may mount, and then what comes after.</summary>
    public static string WrapCommand(string script) => $"exec unshare {Flags} /bin/sh -c '{script} && exec \"$0\" \"$@\"' \"$0\" \"$@\" 2>&1;";

    /// <summary>A small disk of the emulator's own at a path, in the words of a shell.</summary>
    public static string MountDiskCommand(string path, string size) => $"mkdir -p {path} && mount -t tmpfs -o size={size} disk {path}";

    private static bool Try()
    {
        if (!OperatingSystem.IsLinux()) return false;
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", WrapCommand("mount -t tmpfs none /tmp"), "true" }, RedirectStandardOutput = true })!;
        shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return shell.ExitCode == 0;
    }
}

/// <summary>A test that mounts; skipped where that is not allowed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithMountsAttribute : FactAttribute
{
    public FactWithMountsAttribute()
    {
        if (!Mounts.AreAllowed) Skip = "Nothing can be mounted here: it needs root, or user namespaces (Linux).";
    }
}
