using System.Runtime.InteropServices;

namespace ChaserEmu.Platform;

/// <summary>A resource limit of this process (<c>getrlimit</c>, <c>ulimit</c>).</summary>
/// <param name="Soft">The limit in force.</param>
/// <param name="Hard">The value to which the process may raise the soft limit.</param>
internal readonly partial record struct ResourceLimit(ulong Soft, ulong Hard)
{
    private static readonly ResourceLimit None = new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>Gets the limit of open files (<c>ulimit -n</c>).</summary>
    public static ResourceLimit OpenFiles => Get(linux: 7, macOS: 8);

    /// <summary>Gets the limit of processes and threads of the whole user (<c>ulimit -u</c>).</summary>
    public static ResourceLimit Processes => Get(linux: 6, macOS: 7);

    private static ResourceLimit Get(int linux, int macOS) =>
        !OperatingSystem.IsWindows() && GetResourceLimit(OperatingSystem.IsMacOS() ? macOS : linux, out var limit) == 0 ? new ResourceLimit(limit.Soft, limit.Hard) : None;

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetResourceLimit(int resource, out NativeLimit limit);

    private struct NativeLimit
    {
        public nuint Soft;
        public nuint Hard;
    }
}
