using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ChaserEmu.Platform;

/// <summary>
/// Folders that only the current user can access. In a shared folder such as /tmp, another user can create an expected path first, as a
/// folder that it owns or as a link. So an existing folder is used only after a check of its owner, its mode and whether it is a link.
/// </summary>
internal static partial class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const int CurrentFolder = -100; // AT_FDCWD
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const uint UserIdMask = 8; // STATX_UID

    /// <summary>Creates a folder with mode 700, or checks that the existing one is private. On Windows, it only creates the folder.</summary>
    /// <exception cref="IOException">The folder is not private, or cannot be created. The message says what to do.</exception>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        // Not through a link: it would create the folder to which the link points.
        if (new FileInfo(path).LinkTarget is null) Directory.CreateDirectory(path, OwnerOnly);
        if (FindProblem(path) is { } problem)
            throw new IOException($"The folder '{path}' is not private to user '{CurrentUser.Name}': {problem}. Remove it, or set TMPDIR to a folder that no other user can write to.");
    }

    /// <summary>Returns whether another user owns a file or folder. A link is not followed. Known on Linux only; elsewhere false.</summary>
    public static bool IsOfOtherUser(string path) => OperatingSystem.IsLinux() && GetOwner(path) != CurrentUser.Id;

    /// <summary>Returns whether the mode of a file or folder gives other users any access. False on Windows.</summary>
    public static bool IsOpenToOthers(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0;

    [UnsupportedOSPlatform("windows")]
    private static string? FindProblem(string path) =>
        new FileInfo(path).LinkTarget is { } target ? $"it is a link to '{target}'"
        : IsOfOtherUser(path) ? $"it belongs to the user with the uid {GetOwner(path)}"
        : IsOpenToOthers(path) ? $"its mode is {Convert.ToString((int)File.GetUnixFileMode(path), 8)}, not 700"
        : null;

    /// <summary>Returns the uid of the owner. .NET has no method for it; the layout of statx is the same on all architectures.</summary>
    private static uint GetOwner(string path)
    {
        var status = new FileStatus();
        return Read(CurrentFolder, path, NoFollow, UserIdMask, ref status) == 0
            ? status.UserId
            : throw new IOException($"The owner of '{path}' cannot be read: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Read(int folder, string path, int flags, uint mask, ref FileStatus status);

    /// <summary>struct statx: 256 bytes (statx(2)).</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(20)]
        public uint UserId;
    }
}
