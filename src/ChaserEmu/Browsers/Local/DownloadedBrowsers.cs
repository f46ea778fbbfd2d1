namespace ChaserEmu.Browsers.Local;

/// <summary>Finds the browsers that Playwright and Puppeteer have downloaded for their users.</summary>
internal static class DownloadedBrowsers
{
    /// <summary>The folders below the caches, the smaller kind of browser first. Playwright's names go on with a revision.</summary>
    private static readonly string[] Kinds = ["chromium_headless_shell-*", "chrome-headless-shell", "chromium-*", "chrome", "chromium"];

    private static readonly HashSet<string> Programs = ["headless_shell", "chrome-headless-shell", "chrome", "Chromium", "Google Chrome for Testing"];

    /// <summary>On macOS the program is five folders below that of its version.</summary>
    private static readonly EnumerationOptions Deep = new() { RecurseSubdirectories = true, MaxRecursionDepth = 6, IgnoreInaccessible = true };

    /// <summary>Returns the cache folders of this user: those of the variables <c>PLAYWRIGHT_BROWSERS_PATH</c> and <c>PUPPETEER_CACHE_DIR</c>, or the defaults.</summary>
    /// <param name="getVariable">Returns the value of an environment variable.</param>
    /// <param name="home">The user's home folder.</param>
    public static IReadOnlyList<string> GetCaches(Func<string, string?> getVariable, string home)
    {
        // With 0, Playwright keeps its browsers in node_modules.
        var playwright = getVariable("PLAYWRIGHT_BROWSERS_PATH") is { Length: > 0 } path && path != "0" ? path : Path.Combine(GetCacheFolder(getVariable, home), "ms-playwright");
        var puppeteer = getVariable("PUPPETEER_CACHE_DIR") is { Length: > 0 } folder ? folder : Path.Combine(home, ".cache", "puppeteer");
        return [playwright, puppeteer];
    }

    /// <summary>Returns the programs below the cache folders, headless shells first, newer versions before older ones.</summary>
    public static IEnumerable<string> Find(IReadOnlyList<string> caches) =>
        from kind in Kinds
        from cache in caches
        where Directory.Exists(cache)
        from version in GetVersions(cache, kind)
        orderby Array.IndexOf(Kinds, kind), GetVersion(version) descending
        from file in Directory.EnumerateFiles(version, "*", Deep)
        where Programs.Contains(OperatingSystem.IsWindows() ? Path.GetFileNameWithoutExtension(file) : Path.GetFileName(file))
        select file;

    private static string GetCacheFolder(Func<string, string?> getVariable, string home) => true switch
    {
        _ when OperatingSystem.IsMacOS() => Path.Combine(home, "Library", "Caches"),
        _ when OperatingSystem.IsWindows() => getVariable("LOCALAPPDATA") ?? Path.Combine(home, "AppData", "Local"),
        _ => getVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(home, ".cache"),
    };

    /// <summary>Returns the folders of versions: Playwright's <c>chromium-1200</c>, Puppeteer's <c>chrome/linux-131.0.6778.204</c>.</summary>
    private static IEnumerable<string> GetVersions(string cache, string kind)
    {
        var folders = Directory.EnumerateDirectories(cache, kind);
        return kind.EndsWith('*') ? folders : folders.SelectMany(Directory.EnumerateDirectories);
    }

    private static Version GetVersion(string folder)
    {
        var text = folder[(folder.LastIndexOf('-') + 1)..];
        return Version.TryParse(text.Contains('.', StringComparison.Ordinal) ? text : text + ".0", out var version) ? version : new Version();
    }
}
