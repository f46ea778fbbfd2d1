using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ChaserEmu.Browsers;
using ChaserEmu.Egress;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Commands;

/// <summary>What the doctor looks at of browsers: one is found and started, since nothing less proves that it can be.</summary>
internal static class BrowserChecks
{
    private const long RoomyMemory = 512 << 20;

    public static async IAsyncEnumerable<Finding> RunAsync(IServiceProvider services, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var options = services.GetRequiredService<IOptions<BrowserOptions>>().Value;
        if (options.Disabled)
        {
            yield return new Finding(CheckResult.Ok, "browser", "none, as Browsers:Path says: sessions of cha_test_ keys only");
            yield break;
        }

        var launcher = services.GetRequiredService<ChromeLauncher>();
        var browser = await StartAsync(launcher, services.GetRequiredService<IDeviceSource>(), services.GetRequiredService<EmulatorPorts>(), options, cancellationToken);
        yield return browser;
        if (browser.Result is not CheckResult.Bad) yield return Sandbox(options.Sandbox, launcher.HasSandbox);
        yield return new Finding(CheckResult.Ok, "places", $"{options.Capacity} browsers at once{(options.Max is null ? ", by memory" : "")}; {options.Warm} kept warm");
        if (OperatingSystem.IsLinux()) yield return SharedMemory();
    }

    private static async Task<Finding> StartAsync(ChromeLauncher launcher, IDeviceSource devices, EmulatorPorts own, BrowserOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var path = BrowserLocator.Find(options.Path);
            var began = TimeProvider.System.GetTimestamp();
            using var profiles = ProfileFolders.Open(NullLogger.Instance);
            await using var browser = await Browser.StartAsync(launcher, profiles, devices.Next("doctor"), own, NullLogger.Instance, () => { }, cancellationToken);
            var took = TimeProvider.System.GetElapsedTime(began);
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
            var port = await browser.ConnectAsync(cancellationToken);
            var version = JsonNode.Parse(await client.GetStringAsync(new Uri($"http://{port.Address.Authority}/json/version"), cancellationToken))!["Browser"];
            return new Finding(CheckResult.Ok, "browser", $"{path}, {version}, started in {took.TotalMilliseconds:0} ms");
        }
        catch (Exception fault) when (fault is BrowserUnavailableException or IOException or UnauthorizedAccessException)
        {
            return new Finding(CheckResult.Bad, "browser", fault.Message, "Without a browser only keys that begin with cha_test_ are of use; Browsers:Path=none says that this is meant.");
        }
    }

    private static Finding Sandbox(SandboxMode asked, bool has)
    {
        if (has) return new Finding(CheckResult.Ok, "sandbox", "in use");
        if (asked is SandboxMode.Off) return new Finding(CheckResult.Ok, "sandbox", "off, as Browsers:Sandbox says");
        return new Finding(CheckResult.Note, "sandbox", "Chrome runs without its sandbox: pages that break out of it have this user's rights.", Remedy());
    }

    /// <summary>What keeps Chrome from making its sandbox, of the things that are known to.</summary>
    private static string Remedy()
    {
        if (Environment.IsPrivilegedProcess) return "Chrome has none for root: run the emulator as another user.";
        if (Kernel("kernel/unprivileged_userns_clone") is "0") return "Allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1";
        if (Kernel("user/max_user_namespaces") is "0") return "Allow user namespaces: sysctl -w user.max_user_namespaces=15000";
        if (Kernel("kernel/apparmor_restrict_unprivileged_userns") is "1")
            return "Allow user namespaces: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or give the browser an AppArmor profile.";
        return "In a container: give it a seccomp profile that allows user namespaces. If you know the pages that you open, Browsers:Sandbox=off says that this is meant.";
    }

    private static string? Kernel(string setting)
    {
        var file = Path.Combine("/proc/sys", setting);
        return File.Exists(file) ? File.ReadAllText(file).Trim() : null;
    }

    private static Finding SharedMemory()
    {
        try
        {
            var free = new DriveInfo("/dev/shm").AvailableFreeSpace;
            return new Finding(CheckResult.Ok, "/dev/shm", free >= RoomyMemory ? $"{free >> 20} MB free" : $"{free >> 20} MB free, so browsers use {Path.GetTempPath()} instead");
        }
        catch (IOException)
        {
            return new Finding(CheckResult.Ok, "/dev/shm", $"none, so browsers use {Path.GetTempPath()} instead");
        }
    }
}
