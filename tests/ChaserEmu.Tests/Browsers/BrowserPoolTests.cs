using System.Diagnostics;
using ChaserEmu.Browsers;
using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Browsers;

public sealed class BrowserPoolTests
{
    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_warm_browser_is_handed_out_first_and_replaced()
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Warm = 1);
        await pool.StartAsync(CancellationToken.None);
        await pool.FirstBrowserReady;
        Assert.Null(pool.LastFailure);

        await using var warm = await pool.TakeAsync();

        Assert.EndsWith("/p1", warm.GetProfilePath(), StringComparison.Ordinal);
        var root = Path.GetDirectoryName(warm.GetProfilePath())!;
        await Eventually.IsTrueAsync(() => TestBrowsers.FindBrowserProcesses($"{root}/p2").Length == 1);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_warm_browser_that_died_is_replaced_and_never_handed_out()
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Warm = 1);
        await pool.StartAsync(CancellationToken.None);
        await pool.FirstBrowserReady;
        await using var taken = await pool.TakeAsync();
        var root = Path.GetDirectoryName(taken.GetProfilePath())!;
        await Eventually.IsTrueAsync(() => TestBrowsers.FindBrowserProcesses($"{root}/p2").Length == 1);

        Process.GetProcessById(TestBrowsers.FindBrowserProcesses($"{root}/p2").Single()).Kill();
        await Eventually.IsTrueAsync(() => TestBrowsers.FindBrowserProcesses($"{root}/p3").Length == 1);
        await using var browser = await pool.TakeAsync();

        Assert.EndsWith("/p3", browser.GetProfilePath(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Requests_above_the_limit_are_served_in_order()
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Max = 1);
        var first = await pool.TakeAsync();
        var second = pool.TakeAsync();
        var third = pool.TakeAsync();
        Assert.False(second.IsCompleted);

        await first.DisposeAsync();
        await using (await second)
        {
            Assert.False(third.IsCompleted);
        }

        await using var last = await third;
        Assert.EndsWith("/p3", last.GetProfilePath(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_pool_of_one_warm_browser_serves_sessions_one_after_another()
    {
        await using var pool = TestBrowsers.CreatePool(o => (o.Warm, o.Max) = (1, 1));
        await pool.StartAsync(CancellationToken.None);

        // The first one is requested while it still starts.
        for (var i = 1; i <= 3; i++)
        {
            await using var browser = await pool.TakeAsync();
            Assert.EndsWith($"/p{i}", browser.GetProfilePath(), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_cancelled_request_leaves_the_browser_to_the_next()
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Max = 1);
        var first = await pool.TakeAsync();
        using var waiting = new CancellationTokenSource();
        var inLine = pool.TakeAsync(waiting.Token);
        await waiting.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => inLine);
        await first.DisposeAsync();

        using var starting = new CancellationTokenSource();
        var whileStarting = pool.TakeAsync(starting.Token);
        await starting.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => whileStarting);

        await using var last = await pool.TakeAsync();
        Assert.Single(TestBrowsers.FindBrowserProcesses(Path.GetDirectoryName(last.GetProfilePath())!));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Without_warm_browsers_the_browser_of_the_startup_check_is_handed_out_first()
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Warm = 0);
        await pool.StartAsync(CancellationToken.None);
        await pool.FirstBrowserReady;

        await using var proof = await pool.TakeAsync();
        Assert.EndsWith("/p1", proof.GetProfilePath(), StringComparison.Ordinal);
        Assert.Single(TestBrowsers.FindBrowserProcesses(Path.GetDirectoryName(proof.GetProfilePath())!));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Disposing_the_pool_ends_every_browser_and_removes_every_folder()
    {
        var pool = TestBrowsers.CreatePool(o => o.Warm = 1);
        await pool.StartAsync(CancellationToken.None);
        var browser = await pool.TakeAsync();
        var root = Path.GetDirectoryName(browser.GetProfilePath())!;

        await pool.StopAsync(CancellationToken.None);
        await pool.DisposeAsync();

        Assert.Empty(TestBrowsers.FindProcessesMentioning(root));
        Assert.False(Directory.Exists(root));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.TakeAsync());
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Stopping_the_pool_ends_browsers_that_are_still_starting()
    {
        for (var i = 0; i < 5; i++)
        {
            await using var pool = TestBrowsers.CreatePool(o => o.Warm = 2);
            await pool.StartAsync(CancellationToken.None);
            var taking = pool.TakeAsync();

            await pool.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));

            await Assert.ThrowsAsync<ObjectDisposedException>(() => taking);
            Assert.False(pool.FirstBrowserReady.IsCompleted);
        }
    }

    [Theory]
    [InlineData("/bin/false", "exit code 1")]
    [InlineData("/bin/sleep", "exit code")]
    public async Task A_program_that_is_not_a_browser_is_reported_with_its_path_and_reason(string path, string why)
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Path = path);

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());

        Assert.Contains($"'{path}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Browsers:Path", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(refusal.Message, pool.LastFailure);
        Assert.False(pool.FirstBrowserReady.IsCompleted);
    }

    [FactOnUnix]
    public async Task A_browser_that_never_answers_is_ended_after_the_start_timeout()
    {
        // A real timeout, because the pool waits for a real process.
        var script = TestBrowsers.WriteFakeBrowser("echo 'thinking' >&2\nsleep 1000");
        await using var pool = TestBrowsers.CreatePool(o => (o.Path, o.StartTimeoutSeconds) = (script, 0.2));

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());

        Assert.Contains("did not respond within 0.2 s", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("thinking", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(TestBrowsers.FindProcessesMentioning(script));
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    [FactOnUnix]
    public async Task A_browser_that_dies_before_its_first_page_fails_at_once()
    {
        var script = TestBrowsers.WriteAttachingFakeBrowser("""
            echo 'ouch' >&2
            exit 3
            """);
        await using var pool = TestBrowsers.CreatePool(o => (o.Path, o.StartTimeoutSeconds) = (script, 3600));

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync().WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Contains(" did not start. It ended with exit code 3. Check", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ouch", refusal.Message, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    [FactOnUnix]
    public async Task No_warm_browser_is_started_while_a_request_waits_for_a_start()
    {
        // A real timeout here too: long enough for the script to write its line.
        var script = TestBrowsers.WriteFakeBrowser("echo started >>\"$0.starts\"\nsleep 1000");
        await using var pool = TestBrowsers.CreatePool(o => (o.Path, o.StartTimeoutSeconds, o.Warm) = (script, 2, 1));
        await pool.StartAsync(CancellationToken.None);

        await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());

        Assert.Single(await File.ReadAllLinesAsync($"{script}.starts"));
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    [Fact]
    public async Task A_pool_without_browsers_is_ready_and_says_why_it_has_none()
    {
        await using var pool = TestBrowsers.CreatePool(o => o.Path = BrowserOptions.None);
        await pool.StartAsync(CancellationToken.None);
        await pool.FirstBrowserReady;

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());
        Assert.Contains("runs no browsers", refusal.Message, StringComparison.Ordinal);
    }
}
