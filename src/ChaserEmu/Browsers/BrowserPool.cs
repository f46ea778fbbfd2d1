using ChaserEmu.Egress;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Browsers;

/// <summary>
/// All browsers of this emulator. Each has a place from before its start until after its end, and there are <c>Browsers:Max</c> places.
/// <c>Browsers:Warm</c> of them stand ready on a shelf, where one that is still starting counts too: a taker waits for it rather than
/// starting another.
/// </summary>
internal sealed partial class BrowserPool : IBrowserSource, IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What it takes a session to be ready with a warm browser, and its client to connect, several times over. A start has every core to
    /// itself for a while: the next one begins after that.
    /// </summary>
    private static readonly TimeSpan TakerFirst = TimeSpan.FromMilliseconds(20);

    private readonly BrowserOptions _options;
    private readonly ChromeLauncher _launcher;
    private readonly IDeviceSource _devices;
    private readonly EmulatorPorts _own;
    private readonly ILogger<BrowserPool> _logger;
    private readonly Lock _opening = new();
    private readonly int _capacity;

    private readonly Lock _gate = new();
    private readonly HashSet<Place> _places = [];
    private readonly LinkedList<Place> _shelf = [];
    private readonly LinkedList<Turn> _waiting = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _proven = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _end;
    private ProfileFolders? _profiles;

    /// <summary>Whether it was said that none can be kept warm: that is tried every few seconds, and said once.</summary>
    private int _failing;

    public BrowserPool(IOptions<BrowserOptions> options, ChromeLauncher launcher, IDeviceSource devices, EmulatorPorts own, ILogger<BrowserPool> logger)
    {
        _options = options.Value;
        _launcher = launcher;
        _devices = devices;
        _own = own;
        _logger = logger;
        _capacity = _options.Capacity;
        _end = new Lazy<Task>(EndAsync);
        if (_options.Disabled) _proven.SetResult();
    }

    /// <summary>Completes once a browser has answered; at once when there is to be none.</summary>
    public Task FirstBrowserReady => _proven.Task;

    /// <summary>Why the last start failed; null after one that did not.</summary>
    public string? LastFailure { get; private set; }

    /// <summary>How many browsers there are, and how many wait for one.</summary>
    public PoolCounts Counts
    {
        get
        {
            lock (_gate)
            {
                var warm = _shelf.Count(place => place.Browser.IsCompleted);
                var starting = _places.Count(place => !place.Browser.IsCompleted);
                return new PoolCounts(warm, starting, _places.Count - warm - starting, _waiting.Count, _capacity);
            }
        }
    }

    /// <summary>Starts what is to be warm, and one browser in any case, to prove that there can be one. Does not wait for them.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (!_options.Disabled) Fill(WarmOrProof);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _end.Value;

    public ValueTask DisposeAsync() => new(_end.Value);

    private int WarmOrProof => FirstBrowserReady.IsCompleted ? _options.Warm : Math.Max(1, _options.Warm);

    public async Task<Browser> AcquireAsync(Action<bool>? inLine, CancellationToken cancellationToken)
    {
        while (true)
        {
            var place = await ClaimAsync(inLine, cancellationToken);
            Browser browser;
            try
            {
                browser = await place.Browser.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                PassOn(place);
                throw;
            }

            if (browser.ProcessId is not null)
            {
                browser.OpenEgress();
                return browser;
            }

            // It died on the shelf, and nobody had noticed yet.
            await browser.DisposeAsync();
        }
    }

    private async Task<Place> ClaimAsync(Action<bool>? inLine, CancellationToken cancellationToken)
    {
        Turn turn;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_ending.IsCancellationRequested, this);
            if (_shelf.First is { Value: var ready })
            {
                _shelf.RemoveFirst();
                ready.IsTaken = true;
                _ = FillAfterAsync(TakerFirst);
                return ready;
            }

            if (_places.Count < _capacity) return Start(taken: true);
            turn = new Turn(inLine);
            _waiting.AddLast(turn);
            inLine?.Invoke(true);
        }

        await using var whileWaiting = cancellationToken.Register(() =>
        {
            lock (_gate)
            {
                if (_waiting.Remove(turn)) turn.Cancel(cancellationToken);
            }
        });
        return await turn.Came;
    }

    /// <summary>A place whose taker gave up: the next in the line has it, or the shelf; what neither wants is ended.</summary>
    private void PassOn(Place place)
    {
        lock (_gate)
        {
            if (ServeNext(() => place)) return;
            place.IsTaken = false;
            if (_shelf.Count < _options.Warm) Shelve(place);
            else _ = DiscardAsync(place);
        }
    }

    /// <summary>Starts what is missing on the shelf, but not while somebody waits for a start, which it would slow down: it comes after.</summary>
    private void Fill(int count)
    {
        lock (_gate)
        {
            if (_places.Any(place => place is { IsTaken: true, IsStarting: true })) return;
            while (_shelf.Count < count && _places.Count < _capacity && !_ending.IsCancellationRequested) Shelve(Start());
        }
    }

    private async Task FillAfterAsync(TimeSpan pause)
    {
        await Task.Delay(pause, TimeProvider.System, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Fill(_options.Warm);
    }

    private void Shelve(Place place)
    {
        _shelf.AddLast(place);
        _ = AttendAsync(place);
    }

    /// <summary>Replaces a browser that dies on the shelf, and tries again in a while when it would not even start.</summary>
    private async Task AttendAsync(Place place)
    {
        try
        {
            var browser = await place.Browser;
            await browser.Exited;
            if (!Unshelve(place) || _ending.IsCancellationRequested) return;
            LogDiedWarm();
            await browser.DisposeAsync();
        }
        catch (BrowserUnavailableException e)
        {
            // Of one that a session had taken meanwhile the session tells; its place on the shelf is empty all the same.
            if (Unshelve(place) && Interlocked.Exchange(ref _failing, 1) == 0) LogWarmFailed(e.Message);
            await Task.Delay(RetryAfter, TimeProvider.System, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Fill(WarmOrProof);
        }
        catch (ObjectDisposedException)
        {
            // The pool ended first.
        }
    }

    private bool Unshelve(Place place)
    {
        lock (_gate) return _shelf.Remove(place);
    }

    /// <summary>Takes a place and starts a browser on it, off the caller's thread: forking takes its time.</summary>
    private Place Start(bool taken = false)
    {
        var place = new Place { IsTaken = taken };
        _places.Add(place);
        place.Browser = Task.Run(() => StartAsync(place));
        return place;
    }

    private async Task<Browser> StartAsync(Place place)
    {
        try
        {
            var browser = await Browser.StartAsync(
                _launcher, Profiles(), _devices.Next("browser"), _own, _logger, () => Free(place, refill: true), _ending.Token);
            LastFailure = null;
            if (Interlocked.Exchange(ref _failing, 0) == 1) LogStartsAgain();
            _proven.TrySetResult();
            Started(place);
            return browser;
        }
        catch (Exception e)
        {
            // Without a refill, or a browser that cannot start would be started over and over.
            Free(place, refill: false);

            // One of the shelf is attended to.
            if (place.IsTaken) _ = FillAfterAsync(RetryAfter);
            ObjectDisposedException.ThrowIf(e is OperationCanceledException, this);
            LastFailure = e.Message;
            if (e is BrowserUnavailableException) throw;
            throw new BrowserUnavailableException($"No browser could be started. {e.Message}", e);
        }
    }

    private void Started(Place place)
    {
        lock (_gate)
        {
            place.IsStarting = false;
            Fill(_options.Warm);
        }
    }

    /// <summary>Opened with the first browser; a folder that cannot be made today may be made by the next try.</summary>
    private ProfileFolders Profiles()
    {
        lock (_opening) return _profiles ??= ProfileFolders.Open(_logger);
    }

    private void Free(Place place, bool refill)
    {
        lock (_gate)
        {
            _places.Remove(place);
            if (_ending.IsCancellationRequested) return;
            if (!ServeNext(() => Start(taken: true)) && refill) Fill(_options.Warm);
        }
    }

    /// <summary>Gives a place to the first in the line, if there is one.</summary>
    private bool ServeNext(Func<Place> place)
    {
        if (_waiting.First is not { Value: var turn }) return false;
        _waiting.RemoveFirst();
        turn.Give(place());
        return true;
    }

    private static async Task DiscardAsync(Place place)
    {
        try
        {
            await (await place.Browser).DisposeAsync();
        }
        catch (Exception e) when (e is BrowserUnavailableException or ObjectDisposedException)
        {
            // It never was.
        }
    }

    /// <summary>Ends every browser, also those that sessions still hold.</summary>
    private async Task EndAsync()
    {
        Place[] places;
        Task cancelling;
        lock (_gate)
        {
            cancelling = _ending.CancelAsync();
            places = [.. _places];
            foreach (var turn in _waiting) turn.Refuse(new ObjectDisposedException(nameof(BrowserPool)));
            _waiting.Clear();
        }

        await cancelling;
        await Task.WhenAll(places.Select(DiscardAsync));
        _profiles?.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A browser that was kept warm has died; another takes its place.")]
    private partial void LogDiedWarm();

    [LoggerMessage(Level = LogLevel.Error, Message = "No browser could be kept warm; that is tried again every few seconds. {Failure}")]
    private partial void LogWarmFailed(string failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Browsers start again")]
    private partial void LogStartsAgain();

    /// <summary>One of the places, and the browser on it or on its way to it.</summary>
    private sealed class Place
    {
        public Task<Browser> Browser { get; set; } = null!;

        /// <summary>Somebody has it, or waits for it.</summary>
        public bool IsTaken { get; set; }

        public bool IsStarting { get; set; } = true;
    }

    /// <summary>Somebody in the line, who is told of its end while the one that ends it still holds the gate.</summary>
    private sealed class Turn(Action<bool>? inLine)
    {
        private readonly TaskCompletionSource<Place> _came = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<Place> Came => _came.Task;

        public void Give(Place place)
        {
            inLine?.Invoke(false);
            _came.SetResult(place);
        }

        public void Cancel(CancellationToken cancellationToken)
        {
            inLine?.Invoke(false);
            _came.SetCanceled(cancellationToken);
        }

        public void Refuse(Exception why)
        {
            inLine?.Invoke(false);
            _came.SetException(why);
        }
    }
}

/// <param name="Warm">Browsers that stand ready.</param>
/// <param name="Starting">Browsers that have yet to answer, for a session or the shelf.</param>
/// <param name="InUse">Browsers that sessions have, those that are ending included.</param>
/// <param name="Waiting">Sessions in the line.</param>
/// <param name="Capacity">Places for browsers.</param>
internal readonly record struct PoolCounts(int Warm, int Starting, int InUse, int Waiting, int Capacity);
