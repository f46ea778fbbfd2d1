using System.Runtime.InteropServices;

namespace ChaserEmu;

/// <summary>How many files the system lets us have open. Below some 250 not even our own code can be loaded, which .NET reports as a missing file.</summary>
internal static partial class OpenFiles
{
    private const int Needed = 512;

    /// <summary>Why we cannot start, in words; null when there are enough, or it cannot be told.</summary>
    public static string? TooFew()
    {
        if (OperatingSystem.IsWindows() || GetLimit(OperatingSystem.IsMacOS() ? 8 : 7, out var limit) != 0 || limit.Most >= Needed) return null;
        return $"ChaserEmu cannot start. It may have {limit.Most} files open, but needs {Needed} and some 20 for each session. Raise the limit (ulimit -n {4 * Needed}, or LimitNOFILE of a service).";
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, out Limit limit);

    private struct Limit
    {
        public nuint Present;
        public nuint Most;
    }
}
