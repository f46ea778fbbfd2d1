using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

/// <summary>Provides browsers in memory. A test decides how many there can be, whether they start, and when.</summary>
/// <param name="capacity">The number of browsers in use from which sessions wait.</param>
internal sealed class FakeBrowserSource(int capacity = int.MaxValue) : IBrowserSource
{
    public const string Ip = "192.0.2.7";

    private readonly Lock _lock = new();
    private readonly List<FakeBrowser> _browsers = [];
    private readonly List<(TaskCompletionSource Turn, Action<bool>? OnQueued)> _queue = [];
    private int _inUse;

    /// <summary>Gets or sets the message with which browsers fail to start; null if they start.</summary>
    public string? LastFailure { get; set; }

    /// <summary>Gets or sets the task for which each start waits.</summary>
    public Task Starting { get; set; } = Task.CompletedTask;

    public BrowserCapabilities Capabilities { get; init; }

    /// <inheritdoc cref="FakeBrowser.Open"/>
    public Func<string?, CancellationToken, ValueTask<DevToolsConnection>> Open { get; init; } = FakeBrowser.Refuse;

    /// <summary>Gets the browsers that were started, oldest first.</summary>
    public IReadOnlyList<FakeBrowser> Browsers
    {
        get { lock (_lock) return [.. _browsers]; }
    }

    public Task FirstBrowserReady => Task.CompletedTask;

    public string ProxyIp => Ip;

    public BrowserCounts Counts
    {
        get { lock (_lock) return new BrowserCounts(0, 0, _inUse, _queue.Count, capacity); }
    }

    public async Task<IBrowser> AcquireAsync(Action<bool>? onQueued, CancellationToken cancellationToken)
    {
        await WaitForTurnAsync(onQueued, cancellationToken);
        try
        {
            await Starting.WaitAsync(cancellationToken);
            if (LastFailure is { } failure) throw new BrowserUnavailableException(failure);
        }
        catch
        {
            Release();
            throw;
        }

        var browser = new FakeBrowser { Capabilities = Capabilities, OnEnded = Release, Open = Open };
        browser.AllowEgress();
        lock (_lock) _browsers.Add(browser);
        return browser;
    }

    private async Task WaitForTurnAsync(Action<bool>? onQueued, CancellationToken cancellationToken)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_inUse < capacity)
            {
                _inUse++;
                return;
            }

            _queue.Add((turn, onQueued));
            onQueued?.Invoke(true);
        }

        await using var cancellation = cancellationToken.Register(() =>
        {
            lock (_lock)
            {
                if (!_queue.Remove((turn, onQueued))) return;
                onQueued?.Invoke(false);
                turn.SetCanceled(cancellationToken);
            }
        });
        await turn.Task;
    }

    /// <summary>Gives the place of a browser to the next in the queue.</summary>
    private void Release()
    {
        lock (_lock)
        {
            if (_queue is not [var (turn, onQueued), ..])
            {
                _inUse--;
                return;
            }

            _queue.RemoveAt(0);
            onQueued?.Invoke(false);
            turn.SetResult();
        }
    }
}
