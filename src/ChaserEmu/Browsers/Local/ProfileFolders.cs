using System.Text.RegularExpressions;
using ChaserEmu.Platform;

namespace ChaserEmu.Browsers.Local;

/// <summary>
/// The profile folders of this emulator's browsers: one root folder with a lock file beside it. The kernel releases the lock when the
/// process ends, even after a crash. The next emulator then removes every root whose lock is free, and leaves all others alone.
/// The lock file is created before the root and deleted after it, so that no root is ever without a lock file.
/// </summary>
internal sealed partial class ProfileFolders : IDisposable
{
    private const string LockExtension = ".lock";
    private const int MaxAttempts = 20;
    private static readonly TimeSpan DeleteTimeout = TimeSpan.FromSeconds(2);

    private readonly FileStream _lock;
    private int _last;

    private ProfileFolders(string root)
    {
        Root = root;
        _lock = Lock(root, FileMode.CreateNew);
        try
        {
            if (!File.Exists(_lock.Name)) throw new IOException($"{_lock.Name} was deleted before it was locked.");
            PrivateFolder.Create(root);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public string Root { get; }

    /// <summary>Creates a root, after removing the roots and browsers of crashed emulators.</summary>
    /// <exception cref="IOException">The folder of all roots is not private to this user, or cannot be written to.</exception>
    public static ProfileFolders Open(ILogger logger) => Open(logger, Path.Combine(Path.GetTempPath(), $"chaser-emu-{CurrentUser.Name}"));

    internal static ProfileFolders Open(ILogger logger, string baseFolder)
    {
        PrivateFolder.Create(baseFolder);
        foreach (var file in Directory.EnumerateFiles(baseFolder).Where(file => LockName().IsMatch(Path.GetFileName(file)))) Sweep(file[..^LockExtension.Length], logger);

        for (var attempt = 1; ; attempt++)
        {
            // A short name, because Chrome creates Unix sockets below it and their paths are limited to about 100 bytes.
            var root = Path.Combine(baseFolder, Guid.NewGuid().ToString("N")[..8]);
            try
            {
                return new ProfileFolders(root);
            }
            catch (IOException) when (attempt < MaxAttempts)
            {
                // Another emulator swept between the creation of the file and the lock, and deleted the file.
            }
        }
    }

    /// <summary>Returns the path of a new profile. The start of Chrome creates the folder.</summary>
    public string Next() => Path.Combine(Root, $"p{Interlocked.Increment(ref _last)}");

    /// <summary>Deletes a profile whose browser has ended. Retries for up to 2 s while an exiting process still writes to it.</summary>
    public static async Task RemoveAsync(string profile)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!TryDelete(profile) && TimeProvider.System.GetElapsedTime(started) < DeleteTimeout)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
    }

    public void Dispose()
    {
        Remove(Root);
        _lock.Dispose();
    }

    /// <summary>Deletes a root. Requires its lock. If the root cannot be deleted, its lock file stays for the next sweep.</summary>
    private static void Remove(string root)
    {
        if (TryDelete(root)) File.Delete(root + LockExtension);
    }

    private static void Sweep(string root, ILogger logger)
    {
        using var file = TryLock(root);
        if (file is null) return;

        var browsers = ProcessGroup.FindByArgument($"--user-data-dir={root}{Path.DirectorySeparatorChar}").Where(ProcessGroup.IsLeader).ToArray();
        foreach (var browser in browsers) ProcessGroup.KillAll(browser);
        foreach (var browser in browsers) ProcessGroup.WaitForExitAsync(browser).GetAwaiter().GetResult();
        Remove(root);
        LogSwept(logger, root, browsers.Length);
    }

    /// <summary>Opens the lock file. On Windows, an open file can be deleted only if it is shared for deletion.</summary>
    private static FileStream Lock(string root, FileMode mode) =>
        new(root + LockExtension, mode, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);

    /// <summary>Returns null if a running emulator holds the lock.</summary>
    private static FileStream? TryLock(string root)
    {
        try
        {
            return Lock(root, FileMode.Open);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Returns false if the folder cannot be deleted, for example because an exiting process still writes to it.</summary>
    private static bool TryDelete(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Matches lock files of emulators only: any other name could make the sweep delete folders that are not roots.</summary>
    [GeneratedRegex(@"^[0-9a-f]{8}\.lock\z")]
    private static partial Regex LockName();

    [LoggerMessage(Level = LogLevel.Information, Message = "Removed {Root} of a crashed emulator and killed {Browsers} of its browsers that were still running.")]
    private static partial void LogSwept(ILogger logger, string root, int browsers);
}
