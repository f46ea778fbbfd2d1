using System.Diagnostics;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

public sealed class BrowserPoolTests
{
    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_warm_browser_is_handed_out_first_and_replaced()
    {
        await using var pool = Chrome.Pool(o => o.Warm = 1);
        await pool.StartAsync(CancellationToken.None);
        await pool.Proven;
        Assert.Null(pool.LastFailure);

        await using var warm = await pool.TakeAsync();

        Assert.EndsWith("/p1", warm.Profile(), StringComparison.Ordinal);
        var root = Path.GetDirectoryName(warm.Profile())!;
        await Chrome.EventuallyAsync(() => Chrome.Leading($"{root}/p2").Length == 1);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_browser_that_died_on_the_shelf_is_replaced_and_never_handed_out()
    {
        await using var pool = Chrome.Pool(o => o.Warm = 1);
        await pool.StartAsync(CancellationToken.None);
        await pool.Proven;
        await using var taken = await pool.TakeAsync();
        var root = Path.GetDirectoryName(taken.Profile())!;
        await Chrome.EventuallyAsync(() => Chrome.Leading($"{root}/p2").Length == 1);

        Process.GetProcessById(Chrome.Leading($"{root}/p2").Single()).Kill();
        await Chrome.EventuallyAsync(() => Chrome.Leading($"{root}/p3").Length == 1);
        await using var browser = await pool.TakeAsync();

        Assert.EndsWith("/p3", browser.Profile(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Takers_above_the_limit_are_served_in_the_order_they_came()
    {
        await using var pool = Chrome.Pool(o => o.Max = 1);
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
        Assert.EndsWith("/p3", last.Profile(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task One_place_that_is_kept_warm_serves_one_session_after_another()
    {
        await using var pool = Chrome.Pool(o => (o.Warm, o.Max) = (1, 1));
        await pool.StartAsync(CancellationToken.None);

        // The first is taken while it starts.
        for (var i = 1; i <= 3; i++)
        {
            await using var browser = await pool.TakeAsync();
            Assert.EndsWith($"/p{i}", browser.Profile(), StringComparison.Ordinal);
        }
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_taker_who_gives_up_leaves_the_browser_to_the_next()
    {
        await using var pool = Chrome.Pool(o => o.Max = 1);
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
        Assert.Single(Chrome.Leading(Path.GetDirectoryName(last.Profile())!));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Without_warm_browsers_one_is_started_as_proof_and_handed_out_first()
    {
        await using var pool = Chrome.Pool(o => o.Warm = 0);
        await pool.StartAsync(CancellationToken.None);
        await pool.Proven;

        await using var proof = await pool.TakeAsync();
        Assert.EndsWith("/p1", proof.Profile(), StringComparison.Ordinal);
        Assert.Single(Chrome.Leading(Path.GetDirectoryName(proof.Profile())!));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task The_end_of_the_pool_ends_every_browser_and_removes_every_folder()
    {
        var pool = Chrome.Pool(o => o.Warm = 1);
        await pool.StartAsync(CancellationToken.None);
        var browser = await pool.TakeAsync();
        var root = Path.GetDirectoryName(browser.Profile())!;

        await pool.StopAsync(CancellationToken.None);
        await pool.DisposeAsync();

        Assert.Empty(Chrome.Mentioning(root));
        Assert.False(Directory.Exists(root));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pool.TakeAsync());
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_pool_that_ends_while_its_browsers_start_ends_them_too()
    {
        for (var i = 0; i < 5; i++)
        {
            await using var pool = Chrome.Pool(o => o.Warm = 2);
            await pool.StartAsync(CancellationToken.None);
            var taking = pool.TakeAsync();

            await pool.StopAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));

            await Assert.ThrowsAsync<ObjectDisposedException>(() => taking);
            Assert.False(pool.Proven.IsCompleted);
        }
    }

    [Theory]
    [InlineData("/bin/false", "exit code 1")]
    [InlineData("/bin/sleep", "exit code")]
    public async Task What_is_not_a_browser_is_refused_with_its_name_and_its_words(string path, string why)
    {
        await using var pool = Chrome.Pool(o => o.Path = path);

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());

        Assert.Contains($"'{path}'", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Browsers:Path", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(refusal.Message, pool.LastFailure);
        Assert.False(pool.Proven.IsCompleted);
    }

    [Fact]
    public async Task What_never_answers_is_given_up_and_ended()
    {
        if (OperatingSystem.IsWindows()) return;
        var script = Chrome.Script("echo 'thinking' >&2\nsleep 1000");
        await using var pool = Chrome.Pool(o => (o.Path, o.StartTimeoutSeconds) = (script, 0.2));

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());

        Assert.Contains("did not answer within 0.2 s", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("thinking", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(Chrome.Mentioning(script));
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    [Fact]
    public async Task What_dies_once_it_listens_but_before_it_has_a_page_is_not_waited_for()
    {
        if (OperatingSystem.IsWindows()) return;
        var script = Chrome.Attaching("""
            echo 'ouch' >&2
            exit 3
            """);
        await using var pool = Chrome.Pool(o => (o.Path, o.StartTimeoutSeconds) = (script, 3600));

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync().WaitAsync(TimeSpan.FromSeconds(60)));

        Assert.Contains(" did not start. It ended with exit code 3. Check", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("ouch", refusal.Message, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    [Fact]
    public async Task While_somebody_waits_for_a_start_no_other_browser_is_started_for_the_shelf()
    {
        if (OperatingSystem.IsWindows()) return;
        var script = Chrome.Script("echo started >>\"$0.starts\"\nsleep 1000");
        await using var pool = Chrome.Pool(o => (o.Path, o.StartTimeoutSeconds, o.Warm) = (script, 2, 1));
        await pool.StartAsync(CancellationToken.None);

        await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());

        Assert.Single(await File.ReadAllLinesAsync($"{script}.starts"));
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
    }

    [Fact]
    public async Task Without_browsers_the_pool_needs_no_proof_and_says_why_it_has_none()
    {
        await using var pool = Chrome.Pool(o => o.Path = BrowserOptions.None);
        await pool.StartAsync(CancellationToken.None);
        await pool.Proven;

        var refusal = await Assert.ThrowsAsync<BrowserUnavailableException>(() => pool.TakeAsync());
        Assert.Contains("runs no browsers", refusal.Message, StringComparison.Ordinal);
    }
}
