using ChaserEmu.Browsers;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Browsers;

/// <summary>The pool with browsers in memory: what it does is the same for all kinds.</summary>
public sealed class AnyBrowserPoolTests
{
    [Fact]
    public async Task A_warm_browser_has_no_network_before_it_is_handed_out()
    {
        var launcher = new FakeBrowserLauncher();
        await using var pool = CreatePool(launcher, warm: 1, max: 1);
        await pool.StartAsync(CancellationToken.None);
        await pool.FirstBrowserReady;
        var warm = Assert.Single(launcher.Browsers);
        Assert.False(warm.AllowsEgress);
        await Eventually.IsTrueAsync(() => pool.Counts == new BrowserCounts(Warm: 1, Starting: 0, InUse: 0, Waiting: 0, Capacity: 1));

        await using var taken = await pool.AcquireAsync(null, CancellationToken.None);

        Assert.Same(warm, taken);
        Assert.True(warm.AllowsEgress);
        Assert.Equal(FakeBrowserSource.Ip, pool.ProxyIp);
    }

    [Fact]
    public async Task A_warm_browser_that_crashes_is_replaced()
    {
        var launcher = new FakeBrowserLauncher();
        await using var pool = CreatePool(launcher, warm: 1, max: 1);
        await pool.StartAsync(CancellationToken.None);
        await pool.FirstBrowserReady;
        launcher.Browsers[0].Kill();

        await using var taken = await pool.AcquireAsync(null, CancellationToken.None);

        Assert.NotSame(launcher.Browsers[0], taken);
        Assert.True(launcher.Browsers[0].IsDisposed);
    }

    [Fact]
    public async Task Disposing_the_pool_ends_all_browsers_and_then_the_launcher()
    {
        var launcher = new FakeBrowserLauncher();
        var pool = CreatePool(launcher, warm: 1, max: 2);
        await pool.StartAsync(CancellationToken.None);
        await pool.AcquireAsync(null, CancellationToken.None);

        await pool.DisposeAsync();

        Assert.NotEmpty(launcher.Browsers);
        Assert.All(launcher.Browsers, browser => Assert.True(browser.IsDisposed));
        Assert.True(launcher.IsDisposed);
    }

    private static BrowserPool CreatePool(IBrowserLauncher launcher, int warm, int max) =>
        new(Options.Create(new BrowserOptions { Warm = warm, Max = max }), launcher, new OneDevice(), NullLogger<BrowserPool>.Instance);

    private sealed class OneDevice : IDeviceSource
    {
        public Device Next(string purpose) => TestBrowsers.TestDevice;
    }

    private sealed class FakeBrowserLauncher : IBrowserLauncher
    {
        private readonly Lock _lock = new();
        private readonly List<FakeBrowser> _browsers = [];

        public string ProxyIp => FakeBrowserSource.Ip;

        public bool IsDisposed { get; private set; }

        public IReadOnlyList<FakeBrowser> Browsers
        {
            get { lock (_lock) return [.. _browsers]; }
        }

        public Task<IBrowser> StartAsync(Device device, Action onEnded, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var browser = new FakeBrowser { Device = device, OnEnded = onEnded };
            lock (_lock) _browsers.Add(browser);
            return Task.FromResult<IBrowser>(browser);
        }

        public void Dispose() => IsDisposed = true;
    }
}
