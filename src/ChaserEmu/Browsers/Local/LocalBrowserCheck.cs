using System.Runtime.CompilerServices;
using System.Text.Json;
using ChaserEmu.Domain;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Browsers.Local;

/// <summary>The browser checks of <c>chaseremu doctor</c>. They find a browser and start it, because only a start proves that it works.</summary>
internal sealed class LocalBrowserCheck(IBrowserLauncher launcher, ChromeLauncher chrome, IDeviceSource devices, IOptions<BrowserOptions> browserOptions) : IBrowserCheck
{
    private const long ComfortableSharedMemory = 512 << 20;

    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = browserOptions.Value;
        if (options.Disabled)
        {
            yield return new Finding(CheckResult.Ok, "browser", "disabled by Browsers:Path=none: only sessions of cha_test_ keys work");
            yield break;
        }

        var browser = await StartAsync(options, cancellationToken);
        yield return browser;
        if (browser.Result is not CheckResult.Bad) yield return CheckSandbox(options.Sandbox, chrome.HasSandbox);
        yield return new Finding(CheckResult.Ok, "capacity", $"at most {options.Capacity} browsers{(options.Max is null ? " (from the memory limit)" : "")}, {options.Warm} kept warm");
        if (OperatingSystem.IsLinux()) yield return CheckSharedMemory();
    }

    private async Task<Finding> StartAsync(BrowserOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var path = BrowserLocator.Find(options.Path);
            var started = TimeProvider.System.GetTimestamp();
            await using var browser = await launcher.StartAsync(devices.Next("doctor"), () => { }, cancellationToken);
            var elapsed = TimeProvider.System.GetElapsedTime(started);
            using var version = JsonDocument.Parse(await browser.GetDocumentAsync(DevToolsDocument.Version, cancellationToken));
            return new Finding(CheckResult.Ok, "browser", $"{path}, {version.RootElement.GetProperty("Browser")}, started in {elapsed.TotalMilliseconds:0} ms");
        }
        catch (Exception exception) when (exception is BrowserUnavailableException or IOException or UnauthorizedAccessException)
        {
            return new Finding(CheckResult.Bad, "browser", exception.Message, "Install Chrome or Chromium, or set Browsers:Path=none to run without a browser. Then only sessions of cha_test_ keys work.");
        }
    }

    private static Finding CheckSandbox(SandboxMode mode, bool isUsed)
    {
        if (isUsed) return new Finding(CheckResult.Ok, "sandbox", "in use");
        if (mode is SandboxMode.Off) return new Finding(CheckResult.Ok, "sandbox", "disabled by Browsers:Sandbox=off");
        return new Finding(CheckResult.Note, "sandbox", "Chrome runs without its sandbox: a page that exploits a browser bug gets the rights of this user.", GetSandboxFix());
    }

    /// <summary>Returns what to do about the first known reason why Chrome has no sandbox on this machine.</summary>
    private static string GetSandboxFix()
    {
        if (Environment.IsPrivilegedProcess) return "Chrome has no sandbox for root. Run the emulator as another user.";
        if (ReadKernelSetting("kernel/unprivileged_userns_clone") is "0") return "Allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1";
        if (ReadKernelSetting("user/max_user_namespaces") is "0") return "Allow user namespaces: sysctl -w user.max_user_namespaces=15000";
        if (ReadKernelSetting("kernel/apparmor_restrict_unprivileged_userns") is "1")
            return "Allow user namespaces: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give the browser an AppArmor profile.";
        return "In a container, use a seccomp profile that allows user namespaces. If you trust all pages that you open, set Browsers:Sandbox=off to hide this note.";
    }

    private static string? ReadKernelSetting(string setting)
    {
        var file = Path.Combine("/proc/sys", setting);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    private static Finding CheckSharedMemory()
    {
        try
        {
            var free = new DriveInfo("/dev/shm").AvailableFreeSpace;
            return new Finding(CheckResult.Ok, "/dev/shm", free >= ComfortableSharedMemory ? $"{free >> 20} MB free" : $"{free >> 20} MB free, less than {ComfortableSharedMemory >> 20} MB: browsers use {Path.GetTempPath()} instead");
        }
        catch (IOException)
        {
            return new Finding(CheckResult.Ok, "/dev/shm", $"missing: browsers use {Path.GetTempPath()} instead");
        }
    }
}
