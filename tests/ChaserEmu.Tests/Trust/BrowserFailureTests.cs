using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ChaserEmu.Browsers;
using ChaserEmu.Tests.Browsers;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Real browsers are killed, stopped and driven out of memory, as the machine may do to them.</summary>
[Trait("Needs", "Chrome")]
public sealed class BrowserFailureTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_session_with_a_killed_stopped_or_exhausted_browser_ends_and_leaves_nothing_behind()
    {
        var rounds = TrustRunSettings.GetCount("BROWSERS", inTheSuite: 1);
        await using var emulator = Emulator.StartWithChrome("Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Browsers:Arguments:0=--js-flags=--max-old-space-size=32");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        for (var round = 0; round < rounds; round++)
        {
            await TryAsync(emulator, client, KillAsync, "substrate_down");
            await TryAsync(emulator, client, StopAsync, "client_delete");
            await TryAsync(emulator, client, ExhaustAsync, "client_delete");
        }

        output.WriteLine($"{rounds} browsers killed (SIGKILL), {rounds} stopped (SIGSTOP), {rounds} pages driven out of memory; all sessions ended for the right reason, nothing left");
    }

    private static async Task TryAsync(Emulator emulator, HttpClient client, Func<HttpClient, JsonElement, int, Task> harm, string reason)
    {
        var session = await client.CreateReadySessionAsync();
        var browser = (await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32();
        var profile = TestBrowsers.GetArguments(browser).Single(argument => argument.StartsWith("--user-data-dir=", StringComparison.Ordinal))["--user-data-dir=".Length..];

        await harm(client, session, browser);

        var ended = await Eventually.GetAsync(() => client.GetSessionAsync(session.Id()), now => now.Text("status") == "closed");
        Assert.Equal(reason, ended.Text("ended_reason"));
        Assert.False(Directory.Exists(profile));
        Assert.Empty(TestBrowsers.FindProcessesMentioning($"--user-data-dir={profile}\0"));
    }

    private static Task KillAsync(HttpClient client, JsonElement session, int browser)
    {
        using var process = Process.GetProcessById(browser);
        process.Kill();
        return Task.CompletedTask;
    }

    private static async Task StopAsync(HttpClient client, JsonElement session, int browser)
    {
        ProcessGroup.Freeze(browser);
        await DeleteAsync(client, session);
    }

    /// <summary>Takes the page; its browser, its session and the next page go on.</summary>
    private static async Task ExhaustAsync(HttpClient client, JsonElement session, int browser)
    {
        var address = new Uri(session.Text("cdp_url")!);
        await using var driver = await DevToolsClient.ConnectAsync(address);
        var page = Assert.Single(await driver.AttachToPagesAsync());
        await using var watcher = await DevToolsClient.ConnectAsync(address);

        // A session may be ready before its page's process is up.
        var before = await Eventually.GetAsync(() => RenderersAsync(watcher), now => now.Length > 0);

        // Has no answer, since nobody is left to give it.
        _ = driver.CallAsync("Runtime.evaluate", new { expression = "for (let all = [];;) all.push(new Array(1e5).fill(Math.random()))" }, page)
            .ContinueWith(gone => gone.Exception, TaskScheduler.Default);
        await Eventually.GetAsync(() => RenderersAsync(watcher), now => before.Except(now).Any());

        var next = await watcher.OpenPageAsync();
        Assert.Equal(2, (await watcher.EvaluateAsync(next, "1 + 1"))!.GetValue<int>());
        Assert.Equal("ready", (await client.GetSessionAsync(session.Id())).Text("status"));
        await DeleteAsync(client, session);
    }

    private static async Task<int[]> RenderersAsync(DevToolsClient browser) =>
        [.. (await browser.CallAsync("SystemInfo.getProcessInfo"))["processInfo"]!.AsArray().Where(process => process!["type"]!.GetValue<string>() == "renderer").Select(process => process!["id"]!.GetValue<int>())];

    private static async Task DeleteAsync(HttpClient client, JsonElement session)
    {
        using var answer = await client.DeleteAsync($"/v1/sessions/{session.Id()}").WaitAsync(Patience);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }
}
