using System.Net.Sockets;
using System.Text.Json;
using ChaserEmu.Egress;
using ChaserEmu.Metering;
using ChaserEmu.Transport;

namespace ChaserEmu.Browsers.Local;

/// <summary>
/// A Chrome on this machine: a profile, a device, a metered egress proxy, and the Chrome process that uses them.
/// If a client closes Chrome, the next connection starts it again.
/// </summary>
internal sealed class LocalBrowser : IBrowser
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(2);

    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    private readonly ChromeLauncher _launcher;
    private readonly EgressProxy _egress;
    private readonly string _profile;
    private readonly Action _onEnded;
    private readonly SemaphoreSlim _startLock = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _end;
    private RunningChrome _chrome;
    private Task<BrowserExit> _exited;
    private volatile bool _isClosing;
    private volatile bool _isSuspect;

    private LocalBrowser(ChromeLauncher launcher, EgressProxy egress, string profile, Device device, RunningChrome chrome, Action ended)
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

    public BrowserCapabilities Capabilities => BrowserCapabilities.Freeze | BrowserCapabilities.Restart;

    public int? ProcessId => _chrome.Process is { HasExited: false } process ? process.Id : null;

    public bool IsRunning => !_chrome.Process.HasExited;

    public ByteMeter EgressMeter => _egress.Meter;

    /// <summary>
    /// Completes when Chrome crashes: it exits by a signal or with an exit code other than 0. It does not complete when a client closes
    /// Chrome (<c>Browser.close</c>), even if Chrome then dies by SIGTRAP, which happens about once in some hundred closes.
    /// </summary>
    public Task Crashed => _crashed.Task;

    public Task<BrowserExit> Exited => _exited;

    /// <summary>Starts a browser. <paramref name="profile"/> and <paramref name="egress"/> are its own from now on. <paramref name="ended"/> is called once, after the browser was disposed.</summary>
    /// <exception cref="BrowserUnavailableException">The browser did not start. No process and no profile is left.</exception>
    public static async Task<LocalBrowser> StartAsync(ChromeLauncher launcher, string profile, EgressProxy egress, Device device, Action ended, CancellationToken cancellationToken)
    {
        try
        {
            var chrome = await launcher.StartAsync(profile, device, egress.EndPoint, cancellationToken);
            return new LocalBrowser(launcher, egress, profile, device, chrome, ended);
        }
        catch
        {
            await ProfileFolders.RemoveAsync(profile);
            await egress.DisposeAsync();
            throw;
        }
    }

    public void AllowEgress() => _egress.AllowTraffic();

    public void SetEgressFaults(EgressFaultInjector faults) => _egress.FaultInjector = faults;

    /// <summary>
    /// Does nothing while there is no reason for doubt. The check that Chrome responds runs after <see cref="MarkSuspect"/>, and after a
    /// start until the first page has its device.
    /// </summary>
    public ValueTask EnsureRunningAsync(CancellationToken cancellationToken) =>
        _isSuspect || _isClosing || !_chrome.Emulation.IsApplied || _chrome.Process.HasExited ? new ValueTask(EnsureRespondingAsync(cancellationToken)) : ValueTask.CompletedTask;

    public async ValueTask<DevToolsConnection> OpenDevToolsAsync(string? target, CancellationToken cancellationToken)
    {
        var endpoint = _chrome.Endpoint;
        try
        {
            return new ConnectedSocket(await endpoint.OpenAsync(target is null ? endpoint.Address.AbsolutePath : GetPath(target), cancellationToken));
        }
        catch (Exception exception) when (exception is SocketException or IOException or TimeoutException)
        {
            throw new BrowserUnavailableException($"The browser did not accept a connection. {exception.Message}", exception);
        }
    }

    public void Preconnect() => _chrome.Endpoint.Preconnect();

    public void MarkSuspect() => _isSuspect = true;

    public void ExpectClose() => _isClosing = true;

    public void SetPausedTargets(object connection, TargetTypes types) => _chrome.Emulation.ClientPauses.Set(connection, types);

    public Task PrepareStartAsync(TargetStart start, CancellationToken cancellationToken) => _chrome.Emulation.PrepareStartAsync(start).WaitAsync(cancellationToken);

    public void SetDialog(string frameId, bool isOpen) => _chrome.Emulation.SetDialog(frameId, isOpen);

    public async Task<string> GetDocumentAsync(DevToolsDocument document, CancellationToken cancellationToken)
    {
        var endpoint = await EnsureRespondingAsync(cancellationToken);
        try
        {
            return await Http.GetStringAsync(new Uri($"http://{endpoint.Address.Authority}/json/{document.ToString().ToLowerInvariant()}"), cancellationToken);
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new BrowserUnavailableException($"The browser did not answer. {exception.Message}", exception);
        }
    }

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

            if (await Exited.WaitAsync(linked.Token) is BrowserExit.Crashed) throw new BrowserUnavailableException("The browser of this session has crashed.");
            await _chrome.Process.DisposeAsync();

            // Not canceled when the client disconnects: the next client needs the browser, too.
            Run(await _launcher.StartAsync(_profile, Device, _egress.EndPoint, _ending.Token));
            return _chrome.Endpoint;
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(LocalBrowser));
        }
        finally
        {
            _startLock.Release();
        }
    }

    public async Task<bool?> HasTargetAsync(string target)
    {
        try
        {
            if (_isClosing) return null;
            var targets = await _chrome.Process.Client.CallAsync("Target.getTargets", """{"filter":[{}]}""").WaitAsync(ResponseTimeout, TimeProvider.System);
            return targets.GetProperty("targetInfos").EnumerateArray().Any(info => info.GetProperty("targetId").ValueEquals(target));
        }
        catch (Exception e) when (e is BrowserUnavailableException or TimeoutException)
        {
            return null;
        }
    }

    public async Task<PageList> GetPagesAsync(CancellationToken cancellationToken)
    {
        await EnsureRespondingAsync(cancellationToken);
        return _chrome.Emulation.Pages;
    }

    public void Activate(string targetId) => _chrome.Emulation.Pages.Activate(targetId);

    public Task<CdpSession> AttachAsync(Page page, Action<string, JsonElement> onEvent, CancellationToken cancellationToken) =>
        _chrome.Process.Client.AttachAsync(page.TargetId, onEvent, cancellationToken);

    /// <summary>Kills all processes of the browser with SIGKILL, which counts as a crash.</summary>
    public void Kill()
    {
        if (ProcessId is { } process) ProcessGroup.KillAll(process);
    }

    /// <summary>Suspends all processes of the browser (SIGSTOP) until <see cref="Thaw"/>.</summary>
    public void Freeze()
    {
        if (ProcessId is { } process) ProcessGroup.Freeze(process);
    }

    public void Thaw()
    {
        if (ProcessId is { } process) ProcessGroup.Thaw(process);
    }

    public ValueTask DisposeAsync() => new(_end.Value);

    /// <summary>Returns the path of a target's WebSocket. The target comes from a client, and must not reach further into the request.</summary>
    internal static string GetPath(string target) => $"/devtools/page/{Uri.EscapeDataString(target)}";

    private async Task<DevToolsEndpoint> EnsureRespondingAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(cancellationToken);
        }
        catch (ObjectDisposedException exception)
        {
            throw new BrowserUnavailableException("The browser of this session is gone.", exception);
        }
    }

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

    private async Task<BrowserExit> WatchAsync(ChromeProcess process)
    {
        var code = await process.Exited;
        if (code == 0 || (_isClosing && code != ProcessGroup.KilledExitCode)) return BrowserExit.Closed;
        if (!_ending.IsCancellationRequested) _crashed.TrySetResult();
        return BrowserExit.Crashed;
    }
}
