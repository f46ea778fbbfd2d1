using ChaserEmu.Egress;
using ChaserEmu.Metering;

namespace ChaserEmu.Browsers;

/// <summary>
/// A browser for one session: a profile, a device and a metered way to the network, and the Chrome that uses them.
/// A client may close that Chrome; the next who connects finds it started again.
/// </summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(2);

    private readonly ChromeLauncher _launcher;
    private readonly EgressProxy _egress;
    private readonly string _profile;
    private readonly Action _ended;
    private readonly SemaphoreSlim _starting = new(1);
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _end;
    private RunningChrome _chrome;
    private Task<int> _exited;
    private volatile bool _toldToClose;
    private volatile bool _inDoubt;

    private Browser(ChromeLauncher launcher, EgressProxy egress, string profile, Device device, RunningChrome chrome, Action ended)
    {
        _launcher = launcher;
        _egress = egress;
        _profile = profile;
        _ended = ended;
        _end = new Lazy<Task>(EndAsync);
        Device = device;
        Run(chrome);
    }

    public Device Device { get; }

    /// <summary>Of the Chrome that runs; null while a client has closed it.</summary>
    public int? ProcessId => _chrome.Process is { HasExited: false } process ? process.Id : null;

    /// <summary>What the browser sent to and received from the network.</summary>
    public ByteMeter EgressMeter => _egress.Meter;

    /// <summary>
    /// Completes when Chrome died: by a signal, or with an exit code that says so. Without a word it exits only when a client told it to,
    /// and that does not complete this. Of some hundred that are told to, one breaks (SIGTRAP) while it closes, which is a close, too.
    /// </summary>
    public Task Crashed => _crashed.Task;

    /// <summary>Completes with its exit code when the Chrome that runs now has exited; 0 when a client closed it.</summary>
    public Task<int> Exited => _exited;

    /// <summary>Starts a browser; <paramref name="ended"/> is called once when it has been disposed.</summary>
    /// <exception cref="BrowserUnavailableException">It did not start; nothing of it is left.</exception>
    public static async Task<Browser> StartAsync(
        ChromeLauncher launcher, ProfileFolders profiles, Device device, EmulatorPorts own, ILogger logger, Action ended, CancellationToken cancellationToken)
    {
        var egress = EgressProxy.Start(logger, own);
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

    /// <summary>Lets the browser out to the network; until then every connection of its is refused, and counted nowhere.</summary>
    public void OpenEgress() => _egress.AllowTraffic();

    /// <summary>
    /// Where the browser's DevTools listens. A browser that a client has closed is started again, as it was: same profile, device and
    /// egress.
    /// </summary>
    /// <exception cref="BrowserUnavailableException">It has crashed, or would not start again.</exception>
    /// <exception cref="ObjectDisposedException">It has been disposed.</exception>
    public async Task<DevToolsEndpoint> ConnectAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
            if (_toldToClose) await WaitForCloseAsync(either.Token);
            _inDoubt = false;
            if (await _chrome.Process.IsRespondingAsync().WaitAsync(either.Token)) return _chrome.Endpoint;

            if (await Exited.WaitAsync(either.Token) != 0) throw new BrowserUnavailableException("The browser of this session has crashed.");
            await _chrome.Process.DisposeAsync();

            // Only our own end breaks a start off, not a client that hangs up: the next one wants the browser all the same.
            Run(await _launcher.StartAsync(_profile, Device, _egress.Port, _ending.Token));
            return _chrome.Endpoint;
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            throw new ObjectDisposedException(nameof(Browser));
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>
    /// As <see cref="ConnectAsync(CancellationToken)"/>, but Chrome is asked whether it is there only if there is a <see cref="MarkSuspect"/>,
    /// or it has just started and may not have heard yet what its page's device is: for those who find out by themselves, and come again.
    /// </summary>
    public ValueTask<DevToolsEndpoint> ConnectUncheckedAsync(CancellationToken cancellationToken) =>
        _inDoubt || _toldToClose || !_chrome.Emulation.IsApplied || _chrome.Process.HasExited ? new ValueTask<DevToolsEndpoint>(ConnectAsync(cancellationToken)) : new ValueTask<DevToolsEndpoint>(_chrome.Endpoint);

    /// <summary>Chrome has refused a client or hung up on one, and may be on its way out: who connects next asks it.</summary>
    public void MarkSuspect() => _inDoubt = true;

    /// <summary>A client is telling Chrome to close: who connects from now on waits for it, and finds it started again.</summary>
    public void ExpectClose() => _toldToClose = true;

    /// <summary>Whether there is such a target; null when the browser is not there to say so, or about to go.</summary>
    /// <param name="target">The id of a page, a worker, or whatever else DevTools can be attached to.</param>
    public async Task<bool?> HasTargetAsync(string target)
    {
        try
        {
            if (_toldToClose) return null;
            var all = await _chrome.Process.Pipe.CallAsync("Target.getTargets", """{"filter":[{}]}""").WaitAsync(AnswerPatience, TimeProvider.System);
            return all.GetProperty("targetInfos").EnumerateArray().Any(info => info.GetProperty("targetId").ValueEquals(target));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Its first page, null when it has none, and the pipe that carries our own session on it. Started again like <see cref="ConnectAsync(CancellationToken)"/>.</summary>
    /// <exception cref="BrowserUnavailableException">It has crashed, is gone, or would not start again.</exception>
    public async Task<(Page? Page, DevToolsPipe Pipe)> GetFirstPageAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ConnectAsync(cancellationToken);
            return (_chrome.Emulation.Pages.First, _chrome.Process.Pipe);
        }
        catch (ObjectDisposedException fault)
        {
            throw new BrowserUnavailableException("The browser of this session is gone.", fault);
        }
    }

    /// <summary>A connection of our own to a page.</summary>
    /// <exception cref="BrowserUnavailableException">The page is gone.</exception>
    public Task<PageConnection> ConnectAsync(Page page, Action<string, System.Text.Json.JsonElement> onEvent, CancellationToken cancellationToken) =>
        PageConnection.OpenAsync(new Uri(_chrome.Endpoint.Address, $"/devtools/page/{page.TargetId}"), onEvent, cancellationToken);

    /// <summary>From now on its connections to the network meet these faults.</summary>
    public void SetEgressFaults(EgressFaultInjector faults) => _egress.FaultInjector = faults;

    /// <summary>Kills its processes, as if it had crashed.</summary>
    public void Kill()
    {
        if (ProcessId is { } process) ProcessGroup.KillAll(process);
    }

    /// <summary>Stops its processes where they are, until <see cref="Thaw"/>. It can be disposed all the same.</summary>
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
            await Exited.WaitAsync(ClosePatience, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The words were not a command, or a page does not let it close: it is there for the next client after all.
        }

        _toldToClose = false;
    }

    private async Task EndAsync()
    {
        await _ending.CancelAsync();
        await _starting.WaitAsync(CancellationToken.None);
        try
        {
            await _chrome.Process.DisposeAsync();
            await ProfileFolders.RemoveAsync(_profile);
            await _egress.DisposeAsync();
        }
        finally
        {
            _starting.Release();
            _ended();
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
        if (_toldToClose && code != ProcessGroup.KilledExitCode) return 0;
        if (code != 0 && !_ending.IsCancellationRequested) _crashed.TrySetResult();
        return code;
    }
}
