namespace ChaserEmu.Browsers;

/// <summary>Finds the Chrome or Chromium to run: the one configured, else the lightest that the machine has.</summary>
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

    /// <exception cref="BrowserUnavailableException">There is none.</exception>
    public static string Find(string? configured)
    {
        var asked = configured ?? Environment.GetEnvironmentVariable("CHROME_PATH");
        if (!string.IsNullOrEmpty(asked))
        {
            return Resolve(asked) ?? throw new BrowserUnavailableException(
                $"The browser '{asked}', named by {(configured is null ? "CHROME_PATH" : "Browsers:Path")}, does not exist.");
        }

        return Candidates.Select(Resolve).FirstOrDefault(path => path is not null) ?? throw new BrowserUnavailableException(
            "No Chrome or Chromium was found. Install one (apt-get install chromium-headless-shell; brew install --cask chromium; "
            + "npx @puppeteer/browsers install chrome-headless-shell), or set Browsers:Path or CHROME_PATH to where it is.");
    }

    /// <summary>The headless shell is a browser of its own, without a window to hide.</summary>
    public static bool IsHeadlessShell(string path) =>
        Path.GetFileName(path).Replace('_', '-').Contains("headless-shell", StringComparison.Ordinal);

    private static string? Resolve(string candidate)
    {
        var path = Path.IsPathRooted(candidate) || File.Exists(candidate) ? Path.GetFullPath(candidate) : FindOnPath(candidate);
        if (path is null || !File.Exists(path)) return null;
        path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

        // What Debian puts in /usr/bin is a script, which would stay between us and Chrome's exit code.
        var behindScript = Path.Combine("/usr/lib/chromium", Path.GetFileName(path));
        return Path.GetDirectoryName(path) == "/usr/bin" && File.Exists(behindScript) ? behindScript : path;
    }

    public static string? FindOnPath(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
}
