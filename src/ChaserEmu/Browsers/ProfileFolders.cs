namespace ChaserEmu.Browsers;

/// <summary>
/// Where the browsers of this emulator keep their profiles: one root, owned by holding a lock on a file in it. The kernel frees the lock
/// when we die, however we die, which tells the next emulator that it may clear up after us, and that it must leave all others alone.
/// </summary>
internal sealed partial class ProfileFolders : IDisposable
{
    private const string LockName = "owner.lock";
    private const UnixFileMode OnlyOurs = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly FileStream _lock;
    private int _last;

    private ProfileFolders(string root, FileStream @lock)
    {
        Root = root;
        _lock = @lock;
    }

    public string Root { get; }

    private static string Home => Path.Combine(Path.GetTempPath(), $"chaser-emu-{Environment.UserName}");

    /// <summary>Makes a root of our own, after clearing up behind emulators that died.</summary>
    public static ProfileFolders Open(ILogger logger)
    {
        CreateFolder(Home);
        foreach (var root in Directory.EnumerateDirectories(Home)) Sweep(root, logger);

        while (true)
        {
            // Short, because Chrome makes sockets below it.
            var root = Path.Combine(Home, Guid.NewGuid().ToString("N")[..8]);
            CreateFolder(root);
            var file = TryLock(root, FileMode.Create);
            if (file is not null && File.Exists(file.Name)) return new ProfileFolders(root, file);

            // A sweep came between the folder and the lock, and took it for that of a dead emulator.
            file?.Dispose();
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
        TryDelete(Root);
        _lock.Dispose();
    }

    private static void Sweep(string root, ILogger logger)
    {
        using var file = TryLock(root, FileMode.Open);
        if (file is null) return;

        var browsers = ProcessGroup.Carrying($"--user-data-dir={root}{Path.DirectorySeparatorChar}").Where(ProcessGroup.IsLeader).ToArray();
        foreach (var browser in browsers) ProcessGroup.End(browser);
        foreach (var browser in browsers) ProcessGroup.GoneAsync(browser).GetAwaiter().GetResult();
        TryDelete(root);
        LogSwept(logger, root, browsers.Length);
    }

    private static FileStream? TryLock(string root, FileMode mode)
    {
        try
        {
            return new FileStream(Path.Combine(root, LockName), mode, FileAccess.ReadWrite, FileShare.None);
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
