namespace ChaserEmu.Platform;

/// <summary>A file that one process has to itself, for as long as it has it open.</summary>
internal static class FileLock
{
    /// <summary>
    /// Whether a file could not be opened because another process has it to itself. .NET has no name for that; the code is the system's
    /// (EWOULDBLOCK), or that of Windows for a sharing violation.
    /// </summary>
    public static bool IsSharingViolation(IOException fault) =>
        fault.HResult == (OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11);
}
