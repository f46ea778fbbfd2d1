using System.ComponentModel;
using System.Net;
using ChaserEmu.Egress;
using ChaserEmu.Platform;
using ChaserEmu.Transport;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Browsers.Local;

/// <summary>Starts Chrome and waits until it is ready for a client: its DevTools port listens, and its first page has the device.</summary>
internal sealed partial class ChromeLauncher(IOptions<BrowserOptions> options, EmulatorPorts emulatorPorts, TransportSwitches transport, ILogger<ChromeLauncher> logger)
{
    /// <summary>
    /// Parts of Chrome's error output if the machine supports no sandbox. In a container without capabilities the sandbox is only partly
    /// supported: then the zygote, the first sandboxed process, crashes.
    /// </summary>
    private static readonly string[] NoSandboxErrors =
        ["No usable sandbox", "without --no-sandbox", "Failed to move to new namespace", "SUID sandbox helper", "sys_chroot", "zygote_host_impl_linux"];

    /// <summary>The text of EAGAIN: the process limit is reached. A sandbox needs more processes, so this is no proof that it is unsupported.</summary>
    private const string NoMoreProcesses = "Resource temporarily unavailable";

    private static readonly TimeSpan RecheckInterval = TimeSpan.FromMilliseconds(20);

    private readonly BrowserOptions _options = options.Value;
    private readonly Lock _startingLock = new();
    private int _starting;
    private volatile bool _sandbox = options.Value.Sandbox switch
    {
        SandboxMode.On => true,
        SandboxMode.Off => false,
        _ => !Environment.IsPrivilegedProcess,
    };

    /// <summary>Gets whether browsers start with Chrome's sandbox. In mode auto, it becomes false when Chrome reports that it has none.</summary>
    public bool HasSandbox => _sandbox;

    /// <summary>Starts Chrome. The caller removes <paramref name="profile"/>, also after a failure.</summary>
    /// <exception cref="BrowserUnavailableException">Chrome did not start. No process is left.</exception>
    public async Task<RunningChrome> StartAsync(string profile, Device device, IPEndPoint proxy, CancellationToken cancellationToken)
    {
        if (_options.Disabled)
            throw new BrowserUnavailableException($"Browsers:Path is '{BrowserOptions.None}': this emulator runs no browsers. Remove the setting to use an installed browser.");

        var path = BrowserLocator.Find(_options.Path);
        await WaitForProcessRoomAsync(path, cancellationToken);
        try
        {
            return await StartAsync(path, profile, device, proxy, cancellationToken);
        }
        finally
        {
            lock (_startingLock) _starting--;
        }
    }

    private async Task<RunningChrome> StartAsync(string path, string profile, Device device, IPEndPoint proxy, CancellationToken cancellationToken)
    {
        while (true)
        {
            var sandbox = _sandbox;
            var emulation = new DeviceEmulation(device);
            var arguments = ChromeArguments.Build(path, profile, device, proxy, sandbox, _options);
            var chrome = Run(path, arguments, profile, emulation);
            try
            {
                return await WaitUntilReadyAsync(chrome, emulation, cancellationToken);
            }
            catch (Exception e)
            {
                await chrome.DisposeAsync();
                if (e is OperationCanceledException && cancellationToken.IsCancellationRequested) throw;
                if (sandbox && _options.Sandbox == SandboxMode.Auto && NoSandboxErrors.Any(chrome.LastErrorOutput.Contains) && !chrome.LastErrorOutput.Contains(NoMoreProcesses, StringComparison.Ordinal))
                {
                    if (_sandbox) LogNoSandbox();
                    _sandbox = false;
                    continue;
                }

                throw Unavailable(path, e, chrome.LastErrorOutput);
            }
        }
    }

    /// <summary>Waits until the process limit has room for this start and for all others in progress, then counts it as starting.</summary>
    private async Task WaitForProcessRoomAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_startingLock)
            {
                if (ProcessLimit.HasRoomFor(_starting + 1))
                {
                    _starting++;
                    return;
                }

                if (_starting == 0) throw TooManyProcesses(path);
            }

            await Task.Delay(RecheckInterval, TimeProvider.System, cancellationToken);
        }
    }

    private static ChromeProcess Run(string path, List<string> arguments, string profile, DeviceEmulation emulation)
    {
        try
        {
            return ChromeProcess.Start(path, arguments, profile, emulation.OnEvent);
        }
        catch (Win32Exception e)
        {
            throw e.Message.Contains(NoMoreProcesses, StringComparison.Ordinal)
                ? TooManyProcesses(path, e)
                : new BrowserUnavailableException($"The browser '{path}' could not be run: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BrowserUnavailableException($"The profile folder of the browser could not be prepared. {e.Message}", e);
        }
    }

    private async Task<RunningChrome> WaitUntilReadyAsync(ChromeProcess chrome, DeviceEmulation emulation, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(_options.StartTimeoutSeconds), TimeProvider.System);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);

        // The pipe buffers messages until Chrome reads them. WaitForAsync reports the exit code if Chrome dies, which says more than a closed pipe.
        var hasPage = emulation.StartAsync(chrome.Client);
        await chrome.WaitForAsync(chrome.Address).WaitAsync(linked.Token);
        var endpoint = new DevToolsEndpoint(await chrome.Address, transport);
        _ = HoldPortAsync(endpoint, chrome);
        await chrome.WaitForAsync(hasPage).WaitAsync(linked.Token);
        endpoint.Preconnect();
        return new RunningChrome(chrome, endpoint, emulation);
    }

    /// <summary>Blocks the DevTools port for pages of all sessions, and keeps the endpoint open, until Chrome exits and the port may be reused.</summary>
    private async Task HoldPortAsync(DevToolsEndpoint endpoint, ChromeProcess chrome)
    {
        using var openEndpoint = endpoint;
        using var claim = emulatorPorts.Claim(endpoint.Address.Port);
        await chrome.Exited;
    }

    private static BrowserUnavailableException TooManyProcesses(string path, Exception? e = null) => new(
        $"The browser '{path}' did not start: the process limit is reached. {ProcessLimit.Remedy}", e);

    private BrowserUnavailableException Unavailable(string path, Exception e, string errorOutput)
    {
        if (errorOutput.Contains(NoMoreProcesses, StringComparison.Ordinal)) return TooManyProcesses(path, e);
        var why = e is OperationCanceledException ? $"It did not respond within {_options.StartTimeoutSeconds} s. On a slow machine, raise Browsers:StartTimeoutSeconds." : e.Message;
        var output = errorOutput.Length == 0 ? "It wrote no error output." : $"Its error output:\n{errorOutput}";
        return new BrowserUnavailableException(
            $"The browser '{path}' did not start. {why} Check that it is a Chrome or Chromium that runs on this machine, or set Browsers:Path to another one. {output}", e);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Chrome found no usable sandbox on this machine and runs without one from now on. "
        + "Allow user namespaces (in Docker, with a seccomp profile), or set Browsers:Sandbox=off to hide this warning.")]
    private partial void LogNoSandbox();
}

/// <summary>A started Chrome: its process, its DevTools endpoint, and the device emulation of its pages.</summary>
internal sealed record RunningChrome(ChromeProcess Process, DevToolsEndpoint Endpoint, DeviceEmulation Emulation);
