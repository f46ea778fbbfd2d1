using ChaserEmu.Egress;
using ChaserEmu.Metering;
using ChaserEmu.Transport;

namespace ChaserEmu.Browsers;

/// <summary>
/// The browser of one session: a profile, a device, a metered egress proxy, and the Chrome process that uses them.
/// If a client closes Chrome, the next connection starts it again.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(2);

    private readonly ChromeLauncher _launcher;
    private readonly EgressProxy _egress;
    private readonly string _profile;
    private readonly Action _onEnded;
    private readonly SemaphoreSlim _startLock = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _end;
    private RunningChrome _chrome;
    private Task<int> _exited;
    private volatile bool _isClosing;
    private volatile bool _isSuspect;

    private Browser(ChromeLauncher launcher, EgressProxy egress, string profile, Device device, RunningChrome chrome, Action ended)
    {
        _launcher = launcher;
        _egress = egress;
        _profile = profile;
        _onEnded = ended;
        _end = new Lazy<Task>(EndAsync);
        Device = device;
        Run(chrome);
    }

    public Device Device { get; }

    /// <summary>Gets the process id of Chrome; null if it does not run, for example because a client closed it.</summary>
    public int? ProcessId => _chrome.Process is { HasExited: false } process ? process.Id : null;

    /// <summary>Gets the meter of the bytes that the browser sent to and received from the network.</summary>
    public ByteMeter EgressMeter => _egress.Meter;

    /// <summary>
    /// Completes when Chrome crashes: it exits by a signal or with an exit code other than 0. It does not complete when a client closes
    /// Chrome (<c>Browser.close</c>), even if Chrome then dies by SIGTRAP, which happens about once in some hundred closes.
    /// </summary>
    public Task Crashed => _crashed.Task;

    /// <summary>Completes when the current Chrome process exits. The result is its exit code; 0 if a client closed it.</summary>
    public Task<int> Exited => _exited;

    /// <summary>Starts a browser. <paramref name="ended"/> is called once, after the browser was disposed.</summary>
    /// <exception cref="BrowserUnavailableException">The browser did not start. No process and no profile is left.</exception>
    public static async Task<Browser> StartAsync(
        ChromeLauncher launcher, ProfileFolders profiles, Device device, EmulatorPorts emulatorPorts, ILogger logger, Action ended, CancellationToken cancellationToken)
    {
        var egress = EgressProxy.Start(logger, emulatorPorts, launcher.Transport);
        var profile = profiles.Next();
        try
        {
            var chrome = await launcher.StartAsync(profile, device, egress.Port, cancellationToken);
            return new Browser(launcher, egress, profile, device, chrome, ended);
        }
        catch
        {
            await ProfileFolders.RemoveAsync(profile);
            await egress.DisposeAsync();
            throw;
        }
    }

    /// <summary>Allows network traffic. Before this call, the proxy refuses all connections of the browser and does not count them.</summary>
    public void OpenEgress() => _egress.AllowTraffic();

    /// <summary>
    /// Returns the DevTools endpoint of the browser. If a client closed Chrome, starts it again with the same profile, device and
    /// egress proxy.
    /// </summary>
    /// <exception cref="BrowserUnavailableException">The browser crashed, or did not start again.</exception>
    /// <exception cref="ObjectDisposedException">The browser was disposed.</exception>
    public async Task<DevToolsEndpoint> ConnectAsync(CancellationToken cancellationToken)
    {
        await _startLock.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
            if (_isClosing) await WaitForCloseAsync(linked.Token);
            _isSuspect = false;
            if (await _chrome.Process.IsRespondingAsync().WaitAsync(linked.Token)) return _chrome.Endpoint;

            if (await Exited.WaitAsync(linked.Token) != 0) throw new BrowserUnavailableException("The browser of this session has crashed.");
            await _chrome.Process.DisposeAsync();

            // Not canceled when the client disconnects: the next client needs the browser, too.
            Run(await _launcher.StartAsync(_profile, Device, _egress.Port, _ending.Token));
            return _chrome.Endpoint;
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(Browser));
        }
        finally
        {
            _startLock.Release();
        }
    }

    /// <summary>
    /// As <see cref="ConnectAsync(CancellationToken)"/>, but skips the check that Chrome responds. The check still runs after
    /// <see cref="MarkSuspect"/>, and after a start until the first page has its device. The caller must retry if the connection fails.
    /// </summary>
    public ValueTask<DevToolsEndpoint> ConnectUncheckedAsync(CancellationToken cancellationToken) =>
        _isSuspect || _isClosing || !_chrome.Emulation.IsApplied || _chrome.Process.HasExited ? new ValueTask<DevToolsEndpoint>(ConnectAsync(cancellationToken)) : new ValueTask<DevToolsEndpoint>(_chrome.Endpoint);

    /// <summary>Makes the next connection check that Chrome responds. Called after Chrome refused or closed a connection, because it may be exiting.</summary>
    public void MarkSuspect() => _isSuspect = true;

    /// <summary>Records that a client is closing Chrome. The next connection waits for the exit and starts Chrome again.</summary>
    public void ExpectClose() => _isClosing = true;

    /// <summary>Returns whether a DevTools target exists; null if the browser does not run or is closing.</summary>
    /// <param name="target">The id of a target: a page, a worker or another kind.</param>
    public async Task<bool?> HasTargetAsync(string target)
    {
        try
        {
            if (_isClosing) return null;
            var targets = await _chrome.Process.Pipe.CallAsync("Target.getTargets", """{"filter":[{}]}""").WaitAsync(ResponseTimeout, TimeProvider.System);
            return targets.GetProperty("targetInfos").EnumerateArray().Any(info => info.GetProperty("targetId").ValueEquals(target));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>
    /// Returns the first page (null if there is none) and the pipe of the emulator's own DevTools session on it. Starts a closed browser
    /// again, as <see cref="ConnectAsync(CancellationToken)"/> does.
    /// </summary>
    /// <exception cref="BrowserUnavailableException">The browser crashed, was disposed, or did not start again.</exception>
    public async Task<(Page? Page, DevToolsPipe Pipe)> GetFirstPageAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ConnectAsync(cancellationToken);
            return (_chrome.Emulation.Pages.First, _chrome.Process.Pipe);
        }
        catch (ObjectDisposedException exception)
        {
            throw new BrowserUnavailableException("The browser of this session is gone.", exception);
        }
    }

    /// <summary>Opens a DevTools connection of the emulator to a page.</summary>
    /// <exception cref="BrowserUnavailableException">The page is closed.</exception>
    public Task<PageConnection> ConnectAsync(Page page, Action<string, System.Text.Json.JsonElement> onEvent, CancellationToken cancellationToken) =>
        PageConnection.OpenAsync(new Uri(_chrome.Endpoint.Address, $"/devtools/page/{page.TargetId}"), onEvent, cancellationToken);

    /// <summary>Applies faults to all network connections from now on.</summary>
    public void SetEgressFaults(EgressFaultInjector faults) => _egress.FaultInjector = faults;

    /// <summary>Kills all processes of the browser with SIGKILL, which counts as a crash.</summary>
    public void Kill()
    {
        if (ProcessId is { } process) ProcessGroup.KillAll(process);
    }

    /// <summary>Suspends all processes of the browser (SIGSTOP) until <see cref="Thaw"/>. A frozen browser can be disposed.</summary>
    public void Freeze()
    {
        if (ProcessId is { } process) ProcessGroup.Freeze(process);
    }

    public void Thaw()
    {
        if (ProcessId is { } process) ProcessGroup.Thaw(process);
    }

    public ValueTask DisposeAsync() => new(_end.Value);

    private async Task WaitForCloseAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Exited.WaitAsync(CloseTimeout, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Chrome did not close: the message was not a valid command, or a page prevents it. It stays in use.
        }

        _isClosing = false;
    }

    private async Task EndAsync()
    {
        await _ending.CancelAsync();
        await _startLock.WaitAsync(CancellationToken.None);
        try
        {
            await _chrome.Process.DisposeAsync();
            await ProfileFolders.RemoveAsync(_profile);
            await _egress.DisposeAsync();
        }
        finally
        {
            _startLock.Release();
            _onEnded();
        }
    }

    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_chrome), nameof(_exited))]
    private void Run(RunningChrome chrome)
    {
        _chrome = chrome;
        _exited = WatchAsync(chrome.Process);
    }

    private async Task<int> WatchAsync(ChromeProcess process)
    {
        var code = await process.Exited;
        if (_isClosing && code != ProcessGroup.KilledExitCode) return 0;
        if (code != 0 && !_ending.IsCancellationRequested) _crashed.TrySetResult();
        return code;
    }
}
