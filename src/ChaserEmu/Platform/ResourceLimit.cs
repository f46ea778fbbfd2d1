using System.Runtime.InteropServices;

namespace ChaserEmu.Platform;

/// <summary>A limit that the system sets to this process (<c>ulimit</c>): the one in force, and the most to which it may be raised.</summary>
internal readonly partial record struct ResourceLimit(ulong Soft, ulong Hard)
{
    private static readonly ResourceLimit None = new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>Those of open files, named as by a shell: <c>ulimit -n</c>.</summary>
    public static ResourceLimit OpenFiles => Get(linux: 7, macOS: 8);

    /// <summary>Those of processes, for a whole user and each thread counted: <c>ulimit -u</c>.</summary>
    public static ResourceLimit Processes => Get(linux: 6, macOS: 7);

    private static ResourceLimit Get(int linux, int macOS) =>
        !OperatingSystem.IsWindows() && GetLimit(OperatingSystem.IsMacOS() ? macOS : linux, out var limit) == 0 ? new ResourceLimit(limit.Present, limit.Most) : None;

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, out Pair limit);

    private struct Pair
    {
        public nuint Present;
        public nuint Most;
    }
}
