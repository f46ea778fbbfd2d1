using System.Text.Json;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary>How sessions end.</summary>
internal static class EndChecks
{
    private static readonly Source Deleting = Lifecycle("Deleting a session");
    private static readonly Source Reasons = Lifecycle("End reasons");
    private static readonly TimeSpan MaxIdle = TimeSpan.FromMinutes(15);

    public static readonly IReadOnlyList<Check> All =
    [
        Documented("end.delete", "DELETE of a ready session answers 204", Deleting, async run => (await run.DeletedSessionAsync()).Deleted.Expect(204)),
        Documented("end.no-body", "The 204 has no body", Deleting, async run => Expect.Equal("The length of the body", 0, (await run.DeletedSessionAsync()).Deleted.Body.Length)),
        Documented("end.closed", "After DELETE the status is closed", Deleting, async run => Expect.Equal("status", "closed", (await run.DeletedSessionAsync()).After.Expect(200).Text("status"))),
        Documented("end.client-delete", "After DELETE the ended_reason is client_delete", Deleting, async run => Expect.Equal("ended_reason", "client_delete", (await run.DeletedSessionAsync()).After.Expect(200).Text("ended_reason"))),
        Documented("end.ended-at", "ended_at of a deleted session is between ready_at and expires_at", Summary("Sessions"), async run =>
        {
            var after = (await run.DeletedSessionAsync()).After.Expect(200);
            var ended = after.Json.Time("ended_at", after.Request);
            Expect.True(ended >= after.Json.Time("ready_at", after.Request) && ended < after.Json.Time("expires_at", after.Request), $"ended_at must be between ready_at and expires_at, but the session is {after.Json.GetRawText()}.");
        }),
        Documented("end.keeps-device", "A closed session keeps device and ready_at", Summary("Sessions"), async run =>
        {
            var deleted = await run.DeletedSessionAsync();
            foreach (var name in new[] { "device", "ready_at" }) Expect.Equal(name, deleted.Session.Last.Text(name), deleted.After.Text(name));
        }),
        Documented("end.delete-again", "A second DELETE answers 409 session_not_open", Deleting, async run => (await run.DeletedSessionAsync()).DeletedAgain.ExpectError(409, "session_not_open")),
        Documented("end.delete-again-message", "The message of session_not_open is the documented one", Summary("Errors"), async run =>
            Expect.Equal("The message of session_not_open", "Session is already in a terminal state.", (await run.DeletedSessionAsync()).DeletedAgain.Expect(409).Get("error").Text("message", "409"))),
        Documented("end.delete-early", "A session can be deleted as soon as it is created", Summary("Sessions"), async run =>
        {
            var deleted = await run.EarlyDeletedSessionAsync();
            deleted.Deleted.Expect(204);
            Expect.Equal("status", "closed", deleted.After.Expect(200).Text("status"));
            Expect.Equal("ended_reason", "client_delete", deleted.After.Text("ended_reason"));
        }),
        .. new[] { "screenshot", "preview-token" }.Select(action => Assumed($"end.{action}", $"After the end, POST …/{action} gets 409 session_not_open", Summary("Errors"), async run =>
            (await run.PostAsync($"{(await run.DeletedSessionAsync()).Session.Path}/{action}")).ExpectError(409, "session_not_open")) with { Needs = Needs.Browser }),
        Documented("end.ttl-closed", "A session closes when its TTL is over", Reasons, async run => Expect.Equal("The status after expires_at", "closed", (await run.ExpiredSessionAsync()).Last.Text("status"))) with { Stage = Stage.Waiting },
        Documented("end.ttl-expired", "The ended_reason is then ttl_expired", Reasons, async run =>
        {
            var last = (await run.ExpiredSessionAsync()).Last;
            Expect.Equal("ended_reason", "\"ttl_expired\"", last.Get("ended_reason").GetRawText());
        }) with { Stage = Stage.Waiting },
        Documented("end.ttl-time", "A session ends at its expires_at", Reasons, async run =>
        {
            var last = (await run.ExpiredSessionAsync()).Last;
            Expect.True(last.Get("ended_at").ValueKind is JsonValueKind.String, "ended_at must be set after expires_at.");
            var late = last.Json.Time("ended_at", last.Request) - last.Json.Time("expires_at", last.Request);
            Expect.True(late >= TimeSpan.FromSeconds(-1) && late <= ConformanceRun.EndTolerance, $"ended_at must be at expires_at, but is {late.TotalSeconds:0.###} s later.");
        }) with { Stage = Stage.Waiting },
        Assumed("end.ttl-close-frame", "CDP connections then get a close frame with the reason ttl_expired", Reasons, async run =>
            Expect.Equal("The reason in the close frame", "ttl_expired", (await run.ExpiredSessionAsync()).Closed?.Reason)) with { Stage = Stage.Waiting, Needs = Needs.Cdp },
        Documented("end.idle-expired", "A session without a CDP connection ends with idle_expired", Reasons, VerifyIdleAsync) with { Stage = Stage.Waiting, Needs = Needs.Slow | Needs.Browser },
    ];

    private static async Task VerifyIdleAsync(ConformanceRun run)
    {
        var session = await run.FollowAsync((await run.CreateAsync("""{"ttl_seconds":3600}""")).Expect(201));
        var start = run.Options.Time.GetTimestamp();
        var last = session.Last;
        while (ConformanceRun.IsOpen(last.Json) && run.Options.Time.GetElapsedTime(start) < MaxIdle)
        {
            await run.WaitAsync(TimeSpan.FromSeconds(10));
            last = (await run.GetAsync(session.Path)).Expect(200);
        }

        Expect.Equal($"The ended_reason after {MaxIdle.TotalMinutes} minutes without a CDP connection", "\"idle_expired\"", last.Get("ended_reason").GetRawText());
    }
}
