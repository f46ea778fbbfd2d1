namespace ChaserEmu.Browsers;

/// <summary>
/// Where the browsers of this emulator keep their profiles: one root, owned by holding a lock on the file beside it. The kernel frees the
/// lock when we die, however we die, which tells the next emulator that it may clear up after us, and that it must leave all others alone.
/// The lock is made first and goes last, so that whenever we die there is no root without one.
/// </summary>
internal sealed partial class ProfileFolders : IDisposable
{
    private const string LockExtension = ".lock";
    private const UnixFileMode OnlyOurs = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int Attempts = 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly FileStream _lock;
    private int _last;

    private ProfileFolders(string root)
    {
        Root = root;
        _lock = Lock(root, FileMode.CreateNew);
        try
        {
            if (!File.Exists(_lock.Name)) throw new IOException($"{_lock.Name} went before it was locked.");
            CreateFolder(root);
        }
        catch
        {
            _lock.Dispose();
            throw;
        }
    }

    public string Root { get; }

    private static string Home => Path.Combine(Path.GetTempPath(), $"chaser-emu-{Environment.UserName}");

    /// <summary>Makes a root of our own, after clearing up behind emulators that died.</summary>
    public static ProfileFolders Open(ILogger logger)
    {
        CreateFolder(Home);
        foreach (var file in Directory.EnumerateFiles(Home, $"*{LockExtension}")) Sweep(Path.ChangeExtension(file, null), logger);

        for (var attempt = 1; ; attempt++)
        {
            // Short, because Chrome makes sockets below it.
            var root = Path.Combine(Home, Guid.NewGuid().ToString("N")[..8]);
            try
            {
                return new ProfileFolders(root);
            }
            catch (IOException) when (attempt < Attempts)
            {
                // A sweep came between the file and the lock, and took it for that of a dead emulator.
            }
        }
    }

    /// <summary>The path of a new profile, for Chrome to create.</summary>
    public string Next() => Path.Combine(Root, $"p{Interlocked.Increment(ref _last)}");

    /// <summary>Removes a profile whose browser has ended.</summary>
    public static async Task RemoveAsync(string profile)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!TryDelete(profile) && TimeProvider.System.GetElapsedTime(began) < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
    }

    public void Dispose()
    {
        Remove(Root);
        _lock.Dispose();
    }

    /// <summary>For who holds the lock. While the folder cannot go, the lock stays for the next sweep.</summary>
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

    /// <summary>Windows keeps a file that is open unless who opened it lets it go.</summary>
    private static FileStream Lock(string root, FileMode mode) =>
        new(root + LockExtension, mode, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);

    /// <summary>Null where an emulator that lives has it.</summary>
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

    /// <summary>False when a dying process still writes there.</summary>
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

    private static void CreateFolder(string path)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else Directory.CreateDirectory(path, OnlyOurs);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Cleared up {Root} after an emulator that had died: {Browsers} browsers of its were still running.")]
    private static partial void LogSwept(ILogger logger, string root, int browsers);
}
