using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Browsers;

/// <summary>Browsers in the caches of Playwright and Puppeteer. The layouts are those of their current and earlier versions.</summary>
public sealed class DownloadedBrowsersTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-downloads-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("chromium_headless_shell-1155/chrome-linux/headless_shell")]
    [InlineData("chromium_headless_shell-1208/chrome-headless-shell-linux64/chrome-headless-shell")]
    [InlineData("chromium-1208/chrome-linux64/chrome")]
    [InlineData("chromium-1155/chrome-mac/Chromium.app/Contents/MacOS/Chromium")]
    [InlineData("chromium-1208/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing")]
    [InlineData("chrome-headless-shell/linux-131.0.6778.204/chrome-headless-shell-linux64/chrome-headless-shell")]
    [InlineData("chrome/linux-131.0.6778.204/chrome-linux64/chrome")]
    [InlineData("chrome/mac_arm-131.0.6778.204/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing")]
    public void A_downloaded_browser_is_found(string program)
    {
        Create(program);
        Create("firefox-1500/firefox/firefox");
        Create("chromium-tip-of-tree/README");

        Assert.Equal([Path.Combine(_folder, program)], DownloadedBrowsers.Find([_folder, Path.Combine(_folder, "missing")]));
    }

    [Fact]
    public void Headless_shells_and_newer_versions_come_first()
    {
        string[] programs =
        [
            "chromium_headless_shell-1208/a/headless_shell",
            "chromium_headless_shell-999/a/headless_shell",
            "chrome-headless-shell/linux-131.0.6778.204/a/chrome-headless-shell",
            "chrome-headless-shell/linux-131.0.6778.85/a/chrome-headless-shell",
            "chromium-1208/a/chrome",
            "chrome/linux-131.0.6778.204/a/chrome",
        ];
        foreach (var program in programs.Reverse()) Create(program);

        Assert.Equal(programs.Select(program => Path.Combine(_folder, program)), DownloadedBrowsers.Find([_folder]));
    }

    [Fact]
    public void The_variables_of_Playwright_and_Puppeteer_name_their_caches()
    {
        var set = new Dictionary<string, string> { ["PLAYWRIGHT_BROWSERS_PATH"] = "/browsers", ["PUPPETEER_CACHE_DIR"] = "/puppeteer" };

        Assert.Equal(["/browsers", "/puppeteer"], DownloadedBrowsers.GetCaches(set.GetValueOrDefault, "/home/me"));

        set["PLAYWRIGHT_BROWSERS_PATH"] = "0";
        set.Remove("PUPPETEER_CACHE_DIR");
        if (OperatingSystem.IsLinux()) Assert.Equal(["/home/me/.cache/ms-playwright", "/home/me/.cache/puppeteer"], DownloadedBrowsers.GetCaches(set.GetValueOrDefault, "/home/me"));
        set["XDG_CACHE_HOME"] = "/cache";
        if (OperatingSystem.IsLinux()) Assert.Equal(["/cache/ms-playwright", "/home/me/.cache/puppeteer"], DownloadedBrowsers.GetCaches(set.GetValueOrDefault, "/home/me"));
    }

    private void Create(string file)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
    }
}
