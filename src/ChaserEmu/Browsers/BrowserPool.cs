using ChaserEmu.Egress;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Browsers;

/// <summary>
/// All browsers of this emulator. Each occupies a slot from before its start until after its end; there are <c>Browsers:Max</c> slots.
/// The warm pool holds <c>Browsers:Warm</c> browsers, including those that are still starting: a session takes such a browser and waits for it.
/// </summary>
internal sealed partial class BrowserPool : IBrowserSource, IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The delay before the warm pool is refilled: several times what a session needs to become ready with a warm browser and its client to
    /// connect. A browser start uses all cores for a while and would slow both down.
    /// </summary>
    private static readonly TimeSpan RefillDelay = TimeSpan.FromMilliseconds(20);

    private readonly BrowserOptions _options;
    private readonly ChromeLauncher _launcher;
    private readonly IDeviceSource _devices;
    private readonly EmulatorPorts _emulatorPorts;
    private readonly ILogger<BrowserPool> _logger;
    private readonly Lock _profilesLock = new();
    private readonly int _capacity;

    private readonly Lock _lock = new();
    private readonly HashSet<Slot> _slots = [];
    private readonly LinkedList<Slot> _warm = [];
    private readonly LinkedList<Waiter> _queue = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _firstStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _end;
    private ProfileFolders? _profiles;

    /// <summary>1 after a failed warm start was logged. Retries happen every few seconds, but only the first failure is logged.</summary>
    private int _isFailureLogged;

    public BrowserPool(IOptions<BrowserOptions> options, ChromeLauncher launcher, IDeviceSource devices, EmulatorPorts emulatorPorts, ILogger<BrowserPool> logger)
    {
        _options = options.Value;
        _launcher = launcher;
        _devices = devices;
        _emulatorPorts = emulatorPorts;
        _logger = logger;
        _capacity = _options.Capacity;
        _end = new Lazy<Task>(EndAsync);
        if (_options.Disabled) _firstStarted.SetResult();
    }

    /// <summary>Gets a task that completes after the first browser start; already completed if browsers are disabled.</summary>
    public Task FirstBrowserReady => _firstStarted.Task;

    /// <summary>Gets the message of the last failed start; null after a successful one.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>Gets the number of browsers by state, and of sessions that wait for one.</summary>
    public PoolCounts Counts
    {
        get
        {
            lock (_lock)
            {
                var warm = _warm.Count(slot => slot.Browser.IsCompleted);
                var starting = _slots.Count(slot => !slot.Browser.IsCompleted);
                return new PoolCounts(warm, starting, _slots.Count - warm - starting, _queue.Count, _capacity);
            }
        }
    }

    /// <summary>Starts filling the warm pool, without waiting for it. Starts at least one browser, so that readiness reports whether a start works.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_options.Disabled) RefillWarmPool(WarmTarget);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _end.Value;

    public ValueTask DisposeAsync() => new(_end.Value);

    private int WarmTarget => FirstBrowserReady.IsCompleted ? _options.Warm : Math.Max(1, _options.Warm);

    public async Task<Browser> AcquireAsync(Action<bool>? onQueued, CancellationToken cancellationToken)
    {
        while (true)
        {
            var slot = await TakeSlotAsync(onQueued, cancellationToken);
            Browser browser;
            try
            {
                browser = await slot.Browser.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                ReuseSlot(slot);
                throw;
            }

            if (browser.ProcessId is not null)
            {
                browser.OpenEgress();
                return browser;
            }

            // It exited in the warm pool, and WatchWarmAsync has not seen that yet.
            await browser.DisposeAsync();
        }
    }

    private async Task<Slot> TakeSlotAsync(Action<bool>? onQueued, CancellationToken cancellationToken)
    {
        Waiter waiter;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
            if (_warm.First is { Value: var ready })
            {
                _warm.RemoveFirst();
                ready.IsTaken = true;
                _ = RefillAfterAsync(RefillDelay);
                return ready;
            }

            if (_slots.Count < _capacity) return Start(taken: true);
            waiter = new Waiter(onQueued);
            _queue.AddLast(waiter);
            onQueued?.Invoke(true);
        }

        await using var cancellation = cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                if (_queue.Remove(waiter)) waiter.Cancel(cancellationToken);
            }
        });
        return await waiter.SlotAssigned;
    }

    /// <summary>Reuses the slot of a session that gave up: for the next waiting session, or for the warm pool. Otherwise ends its browser.</summary>
    private void ReuseSlot(Slot slot)
    {
        lock (_lock)
        {
            if (TryServeNext(() => slot)) return;
            slot.IsTaken = false;
            if (_warm.Count < _options.Warm) AddToWarmPool(slot);
            else _ = DiscardAsync(slot);
        }
    }

    /// <summary>Refills the warm pool, unless a session is waiting for a start, which a second start would slow down. <see cref="OnStarted"/> calls it again.</summary>
    private void RefillWarmPool(int count)
    {
        lock (_lock)
        {
            if (_slots.Any(slot => slot is { IsTaken: true, IsStarting: true })) return;
            while (_warm.Count < count && _slots.Count < _capacity && !_ending.IsCancellationRequested) AddToWarmPool(Start());
        }
    }

    private async Task RefillAfterAsync(TimeSpan delay)
    {
        await Task.Delay(delay, TimeProvider.System, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        RefillWarmPool(_options.Warm);
    }

    private void AddToWarmPool(Slot slot)
    {
        _warm.AddLast(slot);
        _ = WatchWarmAsync(slot);
    }

    /// <summary>Replaces a warm browser that exits. After a failed start, retries every <see cref="RetryAfter"/>.</summary>
    private async Task WatchWarmAsync(Slot slot)
    {
        try
        {
            var browser = await slot.Browser;
            await browser.Exited;
            if (!RemoveFromWarmPool(slot) || _ending.IsCancellationRequested) return;
            LogDiedWarm();
            await browser.DisposeAsync();
        }
        catch (BrowserUnavailableException e)
        {
            // If a session has taken the browser in the meantime, the session reports the failure. The pool must be refilled in both cases.
            if (RemoveFromWarmPool(slot) && Interlocked.Exchange(ref _isFailureLogged, 1) == 0) LogWarmFailed(e.Message);
            await Task.Delay(RetryAfter, TimeProvider.System, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            RefillWarmPool(WarmTarget);
        }
        catch (ObjectDisposedException)
        {
            // The pool was disposed.
        }
    }

    private bool RemoveFromWarmPool(Slot slot)
    {
        lock (_lock) return _warm.Remove(slot);
    }

    /// <summary>Occupies a slot and starts a browser for it on the thread pool, because forking is slow.</summary>
    private Slot Start(bool taken = false)
    {
        var slot = new Slot { IsTaken = taken };
        _slots.Add(slot);
        slot.Browser = Task.Run(() => StartAsync(slot));
        return slot;
    }

    private async Task<Browser> StartAsync(Slot slot)
    {
        try
        {
            var browser = await Browser.StartAsync(
                _launcher, GetProfiles(), _devices.Next("browser"), _emulatorPorts, _logger, () => Release(slot, refill: true), _ending.Token);
            LastFailure = null;
            if (Interlocked.Exchange(ref _isFailureLogged, 0) == 1) LogStartsAgain();
            _firstStarted.TrySetResult();
            OnStarted(slot);
            return browser;
        }
        catch (Exception e)
        {
            // No refill here: it would restart a failing browser in a tight loop.
            Release(slot, refill: false);

            // For a slot of the warm pool, WatchWarmAsync retries.
            if (slot.IsTaken) _ = RefillAfterAsync(RetryAfter);
            ObjectDisposedException.ThrowIf(e is OperationCanceledException, this);
            LastFailure = e.Message;
            if (e is BrowserUnavailableException) throw;
            throw new BrowserUnavailableException($"No browser could be started. {e.Message}", e);
        }
    }

    private void OnStarted(Slot slot)
    {
        lock (_lock)
        {
            slot.IsStarting = false;
            RefillWarmPool(_options.Warm);
        }
    }

    /// <summary>Creates the profile root with the first browser. If that fails, the next start tries again.</summary>
    private ProfileFolders GetProfiles()
    {
        lock (_profilesLock) return _profiles ??= ProfileFolders.Open(_logger);
    }

    private void Release(Slot slot, bool refill)
    {
        lock (_lock)
        {
            _slots.Remove(slot);
            if (_ending.IsCancellationRequested) return;
            if (!TryServeNext(() => Start(taken: true)) && refill) RefillWarmPool(_options.Warm);
        }
    }

    /// <summary>Gives a slot to the first waiting session. Returns false if no session waits.</summary>
    private bool TryServeNext(Func<Slot> getSlot)
    {
        if (_queue.First is not { Value: var waiter }) return false;
        _queue.RemoveFirst();
        waiter.Assign(getSlot());
        return true;
    }

    private static async Task DiscardAsync(Slot slot)
    {
        try
        {
            await (await slot.Browser).DisposeAsync();
        }
        catch (Exception e) when (e is BrowserUnavailableException or ObjectDisposedException)
        {
            // The browser never started.
        }
    }

    /// <summary>Ends all browsers, including those of sessions.</summary>
    private async Task EndAsync()
    {
        Slot[] slots;
        Task cancellation;
        lock (_lock)
        {
            cancellation = _ending.CancelAsync();
            slots = [.. _slots];
            foreach (var waiter in _queue) waiter.Fail(new ObjectDisposedException(nameof(BrowserPool)));
            _queue.Clear();
        }

        await cancellation;
        await Task.WhenAll(slots.Select(DiscardAsync));
        _profiles?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A warm browser exited unexpectedly; starting another.")]
    private partial void LogDiedWarm();

    [LoggerMessage(Level = LogLevel.Error, Message = "No browser could be kept warm; retrying every 5 s. {Failure}")]
    private partial void LogWarmFailed(string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "A browser started again after earlier failures")]
    private partial void LogStartsAgain();

    /// <summary>An occupied slot: a browser that runs or is starting.</summary>
    private sealed class Slot
    {
        public Task<Browser> Browser { get; set; } = null!;

        /// <summary>Whether a session has the browser or waits for it.</summary>
        public bool IsTaken { get; set; }

        public bool IsStarting { get; set; } = true;
    }

    /// <summary>A session that waits for a slot. <c>onQueued</c> is called while the pool's lock is held.</summary>
    private sealed class Waiter(Action<bool>? onQueued)
    {
        private readonly TaskCompletionSource<Slot> _assigned = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Slot> SlotAssigned => _assigned.Task;

        public void Assign(Slot slot)
        {
            onQueued?.Invoke(false);
            _assigned.SetResult(slot);
        }

        public void Cancel(CancellationToken cancellationToken)
        {
            onQueued?.Invoke(false);
            _assigned.SetCanceled(cancellationToken);
        }

        public void Fail(Exception exception)
        {
            onQueued?.Invoke(false);
            _assigned.SetException(exception);
        }
    }
}

/// <summary>The number of browsers by state.</summary>
/// <param name="Warm">Started browsers in the warm pool.</param>
/// <param name="Starting">Browsers that are starting, for a session or the warm pool.</param>
/// <param name="InUse">Browsers of sessions, including browsers that are ending.</param>
/// <param name="Waiting">Sessions in the queue.</param>
/// <param name="Capacity">Slots (<c>Browsers:Max</c>).</param>
internal readonly record struct PoolCounts(int Warm, int Starting, int InUse, int Waiting, int Capacity);
