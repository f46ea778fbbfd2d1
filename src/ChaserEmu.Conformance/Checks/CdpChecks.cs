using System.Text.Json;
using System.Text.Json.Nodes;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary>The browser behind <c>cdp_url</c>.</summary>
internal static class CdpChecks
{
    private static readonly Source Using = Lifecycle("Using the session");
    private static readonly Source Sessions = Summary("Sessions");

    public static readonly IReadOnlyList<Check> All =
    [
        .. WithNeeds(Needs.Cdp,
        [
            Documented("cdp.version", "cdp_url accepts a WebSocket without any header, and is a browser-level DevTools endpoint", Using, run => WithBrowserAsync(run, async cdp =>
            {
                var version = await cdp.SendAsync("Browser.getVersion", null, null, run.Cancellation);
                Expect.True(version.Text("product", "Browser.getVersion").Contains("Chrome", StringComparison.Ordinal), $"Browser.getVersion must answer a Chrome, but is {version.GetRawText()}.");
            })),
            Documented("cdp.page", "The default context has a page, or a client can create one", Using, run => WithBrowserAsync(run, async cdp =>
                Expect.Equal("1 + 1 in a new page", "2", (await run.EvaluateAsync(cdp, await run.AttachToNewPageAsync(cdp), "1 + 1")).GetRawText()))),
            Documented("cdp.navigate", "A page navigates and runs its scripts", Using, run => WithBrowserAsync(run, async cdp =>
            {
                var page = await run.AttachToNewPageAsync(cdp);
                await cdp.SendAsync("Page.navigate", new JsonObject { ["url"] = "data:text/html,<script>document.title='conform'</script>" }, page, run.Cancellation);
                var title = await run.EvaluateAsync(cdp, page, "new Promise(done => document.readyState === 'complete' ? done(document.title) : addEventListener('load', () => done(document.title)))");
                Expect.Equal("The title of the page", "conform", title.GetString());
            })),
            Documented("cdp.default-context-only", "Further browser contexts are not supported", Sessions, run => WithBrowserAsync(run, async cdp =>
                Expect.True((await cdp.CallAsync("Target.createBrowserContext", null, null, run.Cancellation)).TryGetProperty("error", out _), "Target.createBrowserContext must fail, but it succeeded."))),
            Documented("cdp.own-cookies", "Each session has its own cookies", Sessions, VerifyCookiesAsync),
            Documented("cdp.bytes-move", "bytes_up and bytes_down grow while a client is connected", Lifecycle("Egress accounting"), VerifyBytesAsync),
            Documented("cdp.bytes-final", "bytes_up and bytes_down do not shrink at the end of the session, and stay as they are then", Lifecycle("Egress accounting"), VerifyFinalBytesAsync),
            Assumed("cdp.device", "The browser's user agent is that of the device", Sessions, run => WithBrowserAsync(run, async cdp =>
            {
                var device = (await run.ReadySessionAsync()).Last.Text("device");
                var agent = (await run.EvaluateAsync(cdp, await run.AttachToNewPageAsync(cdp), "navigator.userAgent")).GetString()!;
                Expect.True(!device.Contains("Android", StringComparison.Ordinal) || agent.Contains("Android", StringComparison.Ordinal), $"The device is '{device}', but the user agent is '{agent}'.");
            })),
            Assumed("cdp.reconnect", "After a disconnect, the session stays ready and keeps its pages", Sessions, async run =>
            {
                string target;
                await using (var first = await run.ConnectAsync(await run.ReadySessionAsync()))
                    target = (await first.SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }, null, run.Cancellation)).Text("targetId", "Target.createTarget");
                await using var second = await run.ConnectAsync(await run.ReadySessionAsync());
                var targets = await second.SendAsync("Target.getTargets", null, null, run.Cancellation);
                Expect.True(targets.Items("targetInfos", "Target.getTargets").Any(info => info.Text("targetId", "Target.getTargets") == target), "The page of the first connection is gone.");
                Expect.Equal("The status", "ready", (await run.GetAsync((await run.ReadySessionAsync()).Path)).Text("status"));
            }),
            Assumed("cdp.unknown-session", "An upgrade for an unknown session gets 404 session_not_found with the error body", Sessions, async run =>
            {
                var session = await run.ReadySessionAsync();
                (await run.UpgradeAsync(session.Created.Text("cdp_url").Replace(session.Id, "sess_019ec0d0-a88a-73f2-9741-8030dc82a854", StringComparison.Ordinal))).ExpectError(404, "session_not_found");
            }),
            Assumed("cdp.ended-session", "An upgrade for an ended session gets 409 session_not_open with the error body", Sessions, async run =>
                (await run.UpgradeAsync((await run.DeletedSessionAsync()).Session.Created.Text("cdp_url"))).ExpectError(409, "session_not_open")),
            Assumed("cdp.close-frame", "When a session is deleted, its CDP connections get a close frame with the reason client_delete", Lifecycle("End reasons"), async run =>
                Expect.Equal("The reason in the close frame", "client_delete", (await ClosedByDeleteAsync(run)).Closed.Reason)),
        ]),
    ];

    private static async Task WithBrowserAsync(ConformanceRun run, Func<CdpConnection, Task> verify)
    {
        await using var cdp = await run.ConnectAsync(await run.ReadySessionAsync());
        await verify(cdp);
    }

    /// <summary>Deletes a session with an open connection that has transferred bytes.</summary>
    private static Task<(Answer Before, Answer After, Answer Later, (int? Code, string? Reason) Closed)> ClosedByDeleteAsync(ConformanceRun run) => run.ObserveAsync("connection of a deleted session", async () =>
    {
        var session = await run.DeletableSessionAsync();
        await using var cdp = await run.ConnectAsync(session);
        await run.EvaluateAsync(cdp, await run.AttachToNewPageAsync(cdp), "1");
        var before = (await run.GetAsync(session.Path)).Expect(200);
        (await run.DeleteAsync(session.Path)).Expect(204);
        var closed = await run.WaitForCloseAsync(cdp);
        var after = (await run.GetAsync(session.Path)).Expect(200);
        return (before, after, (await run.GetAsync(session.Path)).Expect(200), closed);
    });

    private static async Task VerifyCookiesAsync(ConformanceRun run)
    {
        await using var first = await run.ConnectAsync(await run.ReadySessionAsync());
        await using var second = await run.ConnectAsync(await OtherSessionAsync(run));
        var cookie = new JsonObject { ["name"] = "conform", ["value"] = "1", ["domain"] = "conform.example", ["path"] = "/" };
        await first.SendAsync("Storage.setCookies", new JsonObject { ["cookies"] = new JsonArray(cookie) }, null, run.Cancellation);
        Expect.True((await CookiesAsync(first)).Contains("conform"), "A cookie that was set in a session is not in it.");
        Expect.True(!(await CookiesAsync(second)).Contains("conform"), "A cookie of one session is visible in another.");

        async Task<List<string>> CookiesAsync(CdpConnection cdp) =>
            [.. (await cdp.SendAsync("Storage.getCookies", null, null, run.Cancellation)).Items("cookies", "Storage.getCookies").Select(item => item.Text("name", "Storage.getCookies"))];
    }

    /// <summary>The session that <see cref="ClosedByDeleteAsync"/> deletes later, if it is still open; otherwise a new one.</summary>
    private static async Task<FollowedSession> OtherSessionAsync(ConformanceRun run)
    {
        var session = await run.DeletableSessionAsync();
        return ConformanceRun.IsOpen((await run.GetAsync(session.Path)).Expect(200).Json) ? session : await run.FollowAsync((await run.CreateAsync(null)).Expect(201));
    }

    private static async Task VerifyBytesAsync(ConformanceRun run)
    {
        var session = await run.ReadySessionAsync();
        await using var cdp = await run.ConnectAsync(session);
        var before = (await run.GetAsync(session.Path)).Expect(200);
        await run.EvaluateAsync(cdp, await run.AttachToNewPageAsync(cdp), "'x'.repeat(20000)");
        var start = run.Options.Time.GetTimestamp();
        Answer after;
        do
        {
            await run.WaitAsync(TimeSpan.FromMilliseconds(200));
            after = (await run.GetAsync(session.Path)).Expect(200);
        }
        while (!HasGrown() && run.Options.Time.GetElapsedTime(start) < ConformanceRun.EndTolerance);
        Expect.True(HasGrown(), $"bytes_up and bytes_down must grow, but went from {Bytes(before)} to {Bytes(after)}.");

        bool HasGrown() => after.Json.Number("bytes_up", after.Request) > before.Json.Number("bytes_up", before.Request)
            && after.Json.Number("bytes_down", after.Request) >= before.Json.Number("bytes_down", before.Request) + 20_000;
    }

    private static async Task VerifyFinalBytesAsync(ConformanceRun run)
    {
        var (before, after, later, _) = await ClosedByDeleteAsync(run);
        Expect.Equal("The bytes of an ended session at the next request", Bytes(after), Bytes(later));
        Expect.True(Total(after) > 0 && Total(after) >= Total(before), $"The bytes of the session went from {Bytes(before)} to {Bytes(after)} when it ended.");

        static long Total(Answer answer) => answer.Json.Number("bytes_up", answer.Request) + answer.Json.Number("bytes_down", answer.Request);
    }

    private static string Bytes(Answer answer) => $"{answer.Get("bytes_up").GetRawText()} up, {answer.Get("bytes_down").GetRawText()} down";
}
