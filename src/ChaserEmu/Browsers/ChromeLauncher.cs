using System.ComponentModel;
using ChaserEmu.Egress;
using ChaserEmu.Platform;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Browsers;

/// <summary>Starts Chrome until it is ready for a client: its port listens, and there is a page, whose device it has been told.</summary>
internal sealed partial class ChromeLauncher(IOptions<BrowserOptions> options, EmulatorPorts own, ILogger<ChromeLauncher> logger)
{
    /// <summary>
    /// What Chrome says when the machine gives it nothing to make a sandbox of, or (a container without capabilities) the half of it:
    /// then the zygote, which goes into the sandbox first, dies of it.
    /// </summary>
    private static readonly string[] NoSandboxComplaints =
        ["No usable sandbox", "without --no-sandbox", "Failed to move to new namespace", "SUID sandbox helper", "sys_chroot", "zygote_host_impl_linux"];

    /// <summary>What the system says to who may have no more processes (EAGAIN). A sandbox is more of them, and not to be judged by that.</summary>
    private const string NoMoreProcesses = "Resource temporarily unavailable";

    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(20);

    private readonly BrowserOptions _options = options.Value;
    private readonly Lock _counting = new();
    private int _starting;
    private volatile bool _sandbox = options.Value.Sandbox switch
    {
        SandboxMode.On => true,
        SandboxMode.Off => false,
        _ => !Environment.IsPrivilegedProcess,
    };

    /// <summary>Whether browsers are started with Chrome's sandbox, as far as is known by now.</summary>
    public bool HasSandbox => _sandbox;

    /// <exception cref="BrowserUnavailableException">It did not start; nothing of it is left but its profile.</exception>
    public async Task<RunningChrome> StartAsync(string profile, Device device, int proxyPort, CancellationToken cancellationToken)
    {
        if (_options.Disabled)
            throw new BrowserUnavailableException($"Browsers:Path is '{BrowserOptions.None}': this emulator runs no browsers. Leave it out to have one found.");

        var path = BrowserLocator.Find(_options.Path);
        await HaveRoomAsync(path, cancellationToken);
        try
        {
            return await StartAsync(path, profile, device, proxyPort, cancellationToken);
        }
        finally
        {
            lock (_counting) _starting--;
        }
    }

    private async Task<RunningChrome> StartAsync(string path, string profile, Device device, int proxyPort, CancellationToken cancellationToken)
    {
        while (true)
        {
            var sandbox = _sandbox;
            var emulation = new DeviceEmulation(device);
            var arguments = ChromeArguments.Build(path, profile, device, proxyPort, sandbox, _options.Arguments);
            var chrome = Run(path, arguments, emulation);
            try
            {
                return await ReadyAsync(chrome, emulation, cancellationToken);
            }
            catch (Exception e)
            {
                await chrome.DisposeAsync();
                if (e is OperationCanceledException && cancellationToken.IsCancellationRequested) throw;
                if (sandbox && _options.Sandbox == SandboxMode.Auto && NoSandboxComplaints.Any(chrome.LastErrorOutput.Contains) && !chrome.LastErrorOutput.Contains(NoMoreProcesses, StringComparison.Ordinal))
                {
                    if (_sandbox) LogNoSandbox();
                    _sandbox = false;
                    continue;
                }

                throw Unavailable(path, e, chrome.LastErrorOutput);
            }
        }
    }

    /// <summary>Counts one in as starting, once there is room for it and for what the others that are starting may still take.</summary>
    private async Task HaveRoomAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_counting)
            {
                if (ProcessLimit.HasRoomFor(_starting + 1))
                {
                    _starting++;
                    return;
                }

                if (_starting == 0) throw TooManyProcesses(path);
            }

            await Task.Delay(LookAgainAfter, TimeProvider.System, cancellationToken);
        }
    }

    private static ChromeProcess Run(string path, List<string> arguments, DeviceEmulation emulation)
    {
        try
        {
            return ChromeProcess.Start(path, arguments, emulation.OnEvent);
        }
        catch (Win32Exception e)
        {
            throw e.Message.Contains(NoMoreProcesses, StringComparison.Ordinal)
                ? TooManyProcesses(path, e)
                : new BrowserUnavailableException($"The browser '{path}' could not be run: {e.Message}", e);
        }
    }

    private async Task<RunningChrome> ReadyAsync(ChromeProcess chrome, DeviceEmulation emulation, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(_options.StartTimeoutSeconds), TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);

        // The pipe takes the words before Chrome is there to read them. Its answers say more than the pipe's end, which comes when it dies.
        var hasPage = emulation.StartAsync(chrome.Pipe);
        await chrome.WaitForAsync(chrome.Address).WaitAsync(both.Token);
        var port = new DevToolsEndpoint(await chrome.Address);
        _ = HoldAsync(port, chrome);
        await chrome.WaitForAsync(hasPage).WaitAsync(both.Token);
        port.Preconnect();
        return new RunningChrome(chrome, port, emulation);
    }

    /// <summary>Keeps the DevTools port from the pages of all sessions, and what is connected to it, until the kernel may give it to somebody else.</summary>
    private async Task HoldAsync(DevToolsEndpoint port, ChromeProcess chrome)
    {
        using var connected = port;
        using var claim = own.Claim(port.Address.Port);
        await chrome.Exited;
    }

    private static BrowserUnavailableException TooManyProcesses(string path, Exception? e = null) => new(
        $"The browser '{path}' did not start: there may be no more processes. {ProcessLimit.Remedy}", e);

    private BrowserUnavailableException Unavailable(string path, Exception e, string lastLines)
    {
        if (lastLines.Contains(NoMoreProcesses, StringComparison.Ordinal)) return TooManyProcesses(path, e);
        var why = e is OperationCanceledException ? $"It did not answer within {_options.StartTimeoutSeconds} s; where that is too short, raise Browsers:StartTimeoutSeconds." : e.Message;
        var said = lastLines.Length == 0 ? "It said nothing." : $"It said:\n{lastLines}";
        return new BrowserUnavailableException(
            $"The browser '{path}' did not start. {why} Check that it is a Chrome or Chromium which runs on this machine, or set Browsers:Path to another. {said}", e);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Chrome found no usable sandbox on this machine and runs without one from now on. "
        + "Allow it user namespaces (in Docker a seccomp profile), or say Browsers:Sandbox=off to be spared this line.")]
    private partial void LogNoSandbox();
}

/// <summary>A Chrome that is ready, where its DevTools listens, and its pages with their device.</summary>
internal sealed record RunningChrome(ChromeProcess Process, DevToolsEndpoint Endpoint, DeviceEmulation Emulation);
