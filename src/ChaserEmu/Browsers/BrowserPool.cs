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
    private readonly IBrowserLauncher _launcher;
    private readonly IDeviceSource _devices;
    private readonly ILogger<BrowserPool> _logger;
    private readonly int _capacity;

    private readonly Lock _lock = new();
    private readonly HashSet<Slot> _slots = [];
    private readonly LinkedList<Slot> _warm = [];
    private readonly LinkedList<Waiter> _queue = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _firstStarted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _end;

    /// <summary>1 after a failed warm start was logged. Retries happen every few seconds, but only the first failure is logged.</summary>
    private int _isFailureLogged;

    public BrowserPool(IOptions<BrowserOptions> options, IBrowserLauncher launcher, IDeviceSource devices, ILogger<BrowserPool> logger)
    {
        _options = options.Value;
        _launcher = launcher;
        _devices = devices;
        _logger = logger;
        _capacity = _options.Capacity;
        _end = new Lazy<Task>(EndAsync);
        if (_options.Disabled) _firstStarted.SetResult();
    }

    public Task FirstBrowserReady => _firstStarted.Task;

    public string? LastFailure { get; private set; }

    public string ProxyIp => _launcher.ProxyIp;

    public BrowserCounts Counts
    {
        get
        {
            lock (_lock)
            {
                var warm = _warm.Count(slot => slot.Browser.IsCompleted);
                var starting = _slots.Count(slot => !slot.Browser.IsCompleted);
                return new BrowserCounts(warm, starting, _slots.Count - warm - starting, _queue.Count, _capacity);
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

    public async Task<IBrowser> AcquireAsync(Action<bool>? onQueued, CancellationToken cancellationToken)
    {
        while (true)
        {
            var slot = await TakeSlotAsync(onQueued, cancellationToken);
            IBrowser browser;
            try
            {
                browser = await slot.Browser.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                ReuseSlot(slot);
                throw;
            }

            if (browser.IsRunning)
            {
                browser.AllowEgress();
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

    private async Task<IBrowser> StartAsync(Slot slot)
    {
        try
        {
            var browser = await _launcher.StartAsync(_devices.Next("browser"), () => Release(slot, refill: true), _ending.Token);
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
        _launcher.Dispose();
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
        public Task<IBrowser> Browser { get; set; } = null!;

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
