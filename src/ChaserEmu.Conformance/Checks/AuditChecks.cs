using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>GET /v1/audit/stream</c>.</summary>
internal static class AuditChecks
{
    private static readonly Source Page = Summary("Bytes and money");
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    public static readonly IReadOnlyList<Check> All =
    [
        .. WithNeeds(Needs.Cookie,
        [
            Documented("audit.exists", "The audit stream answers 200", Page, async run => Expect.Equal("The status of the audit stream", 200, (await StreamAsync(run)).Status)),
            Assumed("audit.content-type", "The audit stream has server-sent events", Page, async run => Expect.Equal("The content type of the audit stream", "text/event-stream", (await StreamAsync(run)).ContentType)),
            Assumed("audit.events", "Last-Event-ID: 0 sends all actions, with id, event and data", Page, async run =>
            {
                var text = (await StreamAsync(run)).Text;
                Expect.True(text.Contains("id: ", StringComparison.Ordinal) && text.Contains("event: ", StringComparison.Ordinal) && text.Contains("data: {", StringComparison.Ordinal), $"The stream must start with an event, but is '{text}'.");
            }),
            Assumed("audit.unknown-id", "A Last-Event-ID that never existed gets 400 invalid_request", Page, async run =>
                (await run.SendAsync(new Call("GET", "/v1/audit/stream") { Cookie = run.Options.Cookie, Headers = new Dictionary<string, string> { ["Last-Event-ID"] = "999999999" } })).ExpectError(400, "invalid_request")),
        ]),
    ];

    /// <summary>A top-up or key of an earlier check is in the log of the workspace, so the first event comes at once.</summary>
    private static Task<(int Status, string? ContentType, string Text)> StreamAsync(ConformanceRun run) => run.ObserveAsync("audit stream", async () =>
    {
        await run.DashboardAsync("POST", "/v1/keys", """{"name":"conform-audit","test_mode":true}""");
        var call = new Call("GET", "/v1/audit/stream") { Cookie = run.Options.Cookie, Headers = new Dictionary<string, string> { ["Last-Event-ID"] = "0" } };
        return await run.Api.ReadStreamAsync(call, text => text.Contains("\n\n", StringComparison.Ordinal), Timeout, run.Cancellation);
    });
}
