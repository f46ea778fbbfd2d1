namespace ChaserEmu.Platform;

/// <summary>Recognizes files that another process has opened exclusively.</summary>
internal static class FileLock
{
    /// <summary>
    /// Returns whether a file could not be opened because another process has opened it exclusively. .NET has no exception type for
    /// this, so the code is the system's: EWOULDBLOCK, or ERROR_SHARING_VIOLATION on Windows.
    /// </summary>
    public static bool IsSharingViolation(IOException exception) =>
        exception.HResult == (OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11);
}
