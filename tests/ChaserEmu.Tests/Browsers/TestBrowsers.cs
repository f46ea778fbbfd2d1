using System.Diagnostics;
using ChaserEmu.Browsers;
using ChaserEmu.Egress;
using ChaserEmu.Tests.Egress;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Browsers;

/// <summary>Pools of real browsers for tests, and what a test looks at outside of them.</summary>
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
        return new BrowserPool(bound, new ChromeLauncher(bound, own, NullLogger<ChromeLauncher>.Instance), new OnePhone(), own, NullLogger<BrowserPool>.Instance);
    }

    /// <summary>What is run as a browser and is none: a script of the system's shell, in a folder of its own.</summary>
    public static string WriteFakeBrowser(string lines)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("no-browser-").FullName, "browser");
        File.WriteAllText(path, $"#!/bin/sh\n{lines}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>As <see cref="WriteFakeBrowser"/>; first it says where it listens (nothing does), waits for our first call, which attaches, and answers that.</summary>
    public static string WriteAttachingFakeBrowser(string lines) => WriteFakeBrowser($$$"""
        echo 'DevTools listening on ws://127.0.0.1:9/devtools/browser/x' >&2
        head -c 9 <&3 >&2
        printf '{"id":1,"result":{}}\000' >&4
        {{{lines}}}
        """);

    public static Task<Browser> TakeAsync(this BrowserPool pool, CancellationToken cancellationToken = default) => pool.AcquireAsync(null, cancellationToken);

    /// <summary>The command line of a process as its arguments.</summary>
    public static string[] GetArguments(int pid) => File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');

    public static string GetProfilePath(this Browser browser) =>
        GetArguments(browser.ProcessId!.Value).Single(a => a.StartsWith("--user-data-dir=", StringComparison.Ordinal))["--user-data-dir=".Length..];

    /// <summary>The living processes whose command line mentions a text.</summary>
    public static int[] FindProcessesMentioning(string text) =>
        [.. Process.GetProcesses().Select(p => p.Id).Where(pid =>
        {
            try
            {
                return File.ReadAllText($"/proc/{pid}/cmdline").Contains(text, StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;
            }
        })];

    /// <summary>The browser processes themselves, without their children, whose profile's path begins so.</summary>
    public static int[] FindBrowserProcesses(string profile) => [.. ProcessGroup.FindByArgument($"--user-data-dir={profile}").Where(ProcessGroup.IsLeader)];

    /// <summary>Waits for something real to come true; fails after ten seconds.</summary>
    public static async Task EventuallyAsync(Func<bool> condition)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(10), "It did not come true within ten seconds.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private sealed class OnePhone : IDeviceSource
    {
        public Device Next(string purpose) => TestDevice;
    }
}
