namespace ChaserEmu.Browsers.Local;

/// <summary>Finds the Chrome or Chromium to run: the configured one, otherwise the smallest one that is installed, otherwise one that Playwright or Puppeteer has downloaded.</summary>
internal static class BrowserLocator
{
    private static readonly string[] Candidates =
    [
        "/usr/lib/chromium/chromium-headless-shell",
        "chrome-headless-shell",
        "chromium-headless-shell",
        "/usr/lib/chromium/chromium",
        "/opt/google/chrome/chrome",
        "google-chrome",
        "google-chrome-stable",
        "chromium",
        "chromium-browser",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ];

    /// <summary>Returns the path of the browser.</summary>
    /// <param name="configured">The value of Browsers:Path; if null, the variable CHROME_PATH is used.</param>
    /// <exception cref="BrowserUnavailableException">No browser was found.</exception>
    public static string Find(string? configured)
    {
        var requested = configured ?? Environment.GetEnvironmentVariable("CHROME_PATH");
        if (!string.IsNullOrEmpty(requested))
        {
            return Resolve(requested) ?? throw new BrowserUnavailableException(
                $"The browser '{requested}' (from {(configured is null ? "CHROME_PATH" : "Browsers:Path")}) does not exist. Correct the path, or remove the setting to use an installed browser.");
        }

        return Candidates.Select(Resolve).FirstOrDefault(path => path is not null) ?? FindDownloaded() ?? throw new BrowserUnavailableException(
            "No Chrome or Chromium found. Install one (apt-get install chromium-headless-shell; brew install --cask chromium; "
            + "npx playwright install chromium), or set Browsers:Path or CHROME_PATH to its path.");
    }

    /// <summary>Returns whether a path is a headless shell: a separate Chromium binary that has no window and no --headless flag.</summary>
    public static bool IsHeadlessShell(string path) =>
        Path.GetFileName(path).Replace('_', '-').Contains("headless-shell", StringComparison.Ordinal);

    private static string? FindDownloaded() =>
        DownloadedBrowsers.Find(DownloadedBrowsers.GetCaches(Environment.GetEnvironmentVariable, Environment.GetFolderPath(Environment.SpecialFolder.UserProfile))).FirstOrDefault();

    private static string? Resolve(string candidate)
    {
        var path = Path.IsPathRooted(candidate) || File.Exists(candidate) ? Path.GetFullPath(candidate) : FindOnPath(candidate);
        if (path is null || !File.Exists(path)) return null;
        path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

        // Debian's /usr/bin/chromium is a wrapper script. It would hide Chrome's process id and exit code.
        var binary = Path.Combine("/usr/lib/chromium", Path.GetFileName(path));
        return Path.GetDirectoryName(path) == "/usr/bin" && File.Exists(binary) ? binary : path;
    }

    public static string? FindOnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
