using System.Diagnostics;
using System.Text.RegularExpressions;
using ChaserEmu.Browsers;
using ChaserEmu.Browsers.Local;
using ChaserEmu.Egress;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Tests.Transport;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Browsers;

/// <summary>Creates pools of real or fake browsers, and finds their processes.</summary>
internal static class TestBrowsers
{
    public const string HeadlessShellPath = "/usr/lib/chromium/chromium-headless-shell";
    public const string ChromiumPath = "/usr/lib/chromium/chromium";

    public static Device TestDevice => DeviceCatalog.All[0];

    public static BrowserPool CreatePool(Action<BrowserOptions>? configure = null)
    {
        var options = new BrowserOptions { Warm = 0, Max = 4 };
        configure?.Invoke(options);
        var bound = Options.Create(options);
        var own = TestPorts.Unclaimed;
        var launcher = new LocalBrowserLauncher(new ChromeLauncher(bound, own, TestTransport.Current, NullLogger<ChromeLauncher>.Instance), own.CreateConnector(), TestTransport.Current, NullLogger<LocalBrowserLauncher>.Instance);
        return new BrowserPool(bound, launcher, new OnePhone(), NullLogger<BrowserPool>.Instance);
    }

    /// <summary>Writes a shell script that a pool can start as its browser, and returns its path. The script is in a new folder.</summary>
    public static string WriteFakeBrowser(string lines)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("no-browser-").FullName, "browser");
        File.WriteAllText(path, $"#!/bin/sh\n{lines}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>As <see cref="WriteFakeBrowser"/>, but the script first names an address (where nothing listens), waits for the first call, which attaches, and answers it.</summary>
    public static string WriteAttachingFakeBrowser(string lines) => WriteFakeBrowser($$$"""
        echo 'DevTools listening on ws://127.0.0.1:9/devtools/browser/x' >&2
        head -c 9 <&3 >&2
        printf '{"id":1,"result":{}}\000' >&4
        {{{lines}}}
        """);

    public static async Task<LocalBrowser> TakeAsync(this BrowserPool pool, CancellationToken cancellationToken = default) => (LocalBrowser)await pool.AcquireAsync(null, cancellationToken);

    /// <summary>Gets the command line options of a browser. Chrome replaces the zero bytes between them by spaces.</summary>
    public static string[] GetArguments(int pid) => Regex.Split(ReadCommandLine(pid).TrimEnd(), " (?=--|about:)");

    public static string GetProfilePath(this LocalBrowser browser) =>
        GetArguments(browser.ProcessId!.Value).Single(a => a.StartsWith("--user-data-dir=", StringComparison.Ordinal))["--user-data-dir=".Length..];

    /// <summary>Finds the running processes whose command line contains a text.</summary>
    public static int[] FindProcessesMentioning(string text) =>
        [.. Process.GetProcesses().Select(p => p.Id).Where(pid =>
        {
            try
            {
                return ReadCommandLine(pid).Contains(text, StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        })];

    /// <summary>Finds the main processes of browsers, without their children, whose profile path begins with a text.</summary>
    public static int[] FindBrowserProcesses(string profile) => [.. ProcessGroup.FindByArgument($"--user-data-dir={profile}").Where(ProcessGroup.IsLeader)];

    /// <summary>Waits until the emulator has set the device of a new page. A fast client can see the page before that.</summary>
    public static Task WaitForDeviceAsync(this DevToolsClient client, string page) =>
        Eventually.GetAsync(() => client.EvaluateAsync(page, "navigator.maxTouchPoints"), points => points!.GetValue<int>() > 0);

    private static string ReadCommandLine(int pid) => File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');

    private sealed class OnePhone : IDeviceSource
    {
        public Device Next(string purpose) => TestDevice;
    }
}
