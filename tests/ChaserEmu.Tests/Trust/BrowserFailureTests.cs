using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ChaserEmu.Browsers.Local;
using ChaserEmu.Tests.Browsers;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Kills, stops and exhausts the memory of real browsers.</summary>
[Trait("Needs", "Chrome")]
public sealed class BrowserFailureTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_session_with_a_killed_stopped_or_exhausted_browser_ends_and_leaves_nothing_behind()
    {
        var rounds = TrustRunSettings.GetCount("BROWSERS", inTheSuite: 1);
        await using var emulator = Emulator.StartWithChrome("Limits:Concurrent=0", "Limits:CreatesPerMinute=0", "Browsers:Arguments:0=--js-flags=--max-old-space-size=32");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        for (var round = 0; round < rounds; round++)
        {
            await RunAsync(emulator, client, KillAsync, "substrate_down");
            await RunAsync(emulator, client, StopAsync, "client_delete");
            await RunAsync(emulator, client, ExhaustAsync, "client_delete");
        }

        output.WriteLine($"{rounds} browsers killed (SIGKILL), {rounds} stopped (SIGSTOP), {rounds} pages out of memory; all sessions ended with the expected reason, no process or folder left");
    }

    private static async Task RunAsync(Emulator emulator, HttpClient client, Func<HttpClient, JsonElement, int, Task> breakBrowser, string reason)
    {
        var session = await client.CreateReadySessionAsync();
        var browser = (await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32();
        var profile = TestBrowsers.GetArguments(browser).Single(argument => argument.StartsWith("--user-data-dir=", StringComparison.Ordinal))["--user-data-dir=".Length..];

        await breakBrowser(client, session, browser);

        var ended = await Eventually.GetAsync(() => client.GetSessionAsync(session.Id()), current => current.Text("status") == "closed");
        Assert.Equal(reason, ended.Text("ended_reason"));
        Assert.False(Directory.Exists(profile));
        Assert.Empty(TestBrowsers.FindProcessesMentioning($"--user-data-dir={profile} "));
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

    /// <summary>Exhausts the memory of a page. The page crashes; its browser, its session and new pages keep working.</summary>
    private static async Task ExhaustAsync(HttpClient client, JsonElement session, int browser)
    {
        var address = new Uri(session.Text("cdp_url")!);
        await using var driver = await DevToolsClient.ConnectAsync(address);
        var page = Assert.Single(await driver.AttachToPagesAsync());
        await using var watcher = await DevToolsClient.ConnectAsync(address);

        // A session can be ready before the renderer process of its page exists; the only renderer is then Chrome's spare one. A page that
        // evaluates has its own.
        await driver.EvaluateAsync(page, "1");
        var before = await GetRenderersAsync(watcher);

        // This call gets no response, because its renderer crashes.
        _ = driver.CallAsync("Runtime.evaluate", new { expression = "for (let all = [];;) all.push(new Array(1e5).fill(Math.random()))" }, page)
            .ContinueWith(call => call.Exception, TaskScheduler.Default);
        await Eventually.GetAsync(() => GetRenderersAsync(watcher), renderers => before.Except(renderers).Any());

        var next = await watcher.OpenPageAsync();
        Assert.Equal(2, (await watcher.EvaluateAsync(next, "1 + 1"))!.GetValue<int>());
        Assert.Equal("ready", (await client.GetSessionAsync(session.Id())).Text("status"));
        await DeleteAsync(client, session);
    }

    private static async Task<int[]> GetRenderersAsync(DevToolsClient browser) =>
        [.. (await browser.CallAsync("SystemInfo.getProcessInfo"))["processInfo"]!.AsArray().Where(process => process!["type"]!.GetValue<string>() == "renderer").Select(process => process!["id"]!.GetValue<int>())];

    private static async Task DeleteAsync(HttpClient client, JsonElement session)
    {
        using var response = await client.DeleteAsync($"/v1/sessions/{session.Id()}").WaitAsync(Timeout);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }
}
