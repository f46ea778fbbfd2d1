using System.Text.Json;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary>The error envelope, and resources that do not exist.</summary>
internal static class ErrorChecks
{
    private const string Unknown = "/v1/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854";
    private static readonly Source Page = Summary("Errors");

    private static readonly string LargeBody = $$"""{"profile":"{{new string('x', 70_000)}}"}""";
    private static readonly Dictionary<string, string> Compressed = new() { ["Content-Encoding"] = "gzip" };

    /// <summary>Path segments that are close to the id of a session, or that a careless server could take for something else.</summary>
    private static readonly string[] Malformed =
    [
        "sess_",
        "019ec0d0-a88a-73f2-9741-8030dc82a854",
        "sess_019EC0D0-A88A-73F2-9741-8030DC82A854",
        "SESS_019ec0d0-a88a-73f2-9741-8030dc82a854",
        "sess_019ec0d0-a88a-43f2-9741-8030dc82a854",
        "sess_019ec0d0a88a73f297418030dc82a854",
        "sess_%7B019ec0d0-a88a-73f2-9741-8030dc82a854%7D",
        "sess_019ec0d0-a88a-73f2-9741-8030dc82a85",
        "sess_019ec0d0-a88a-73f2-9741-8030dc82a8544",
        "sess_019ec0d0-a88a-73f2-9741-8030dc82a85g",
        "sess_019ec0d0-a88a-73f2-9741-8030dc82a854%20",
        "sess_019ec0d0-a88a-73f2-9741-8030dc82a854%0A",
        "sess_019ec0d0-a88a-73f2-9741-8030dc82a854%2F..",
        "%2e%2e%2fsessions",
        "..%5C..%5Cetc%5Cpasswd",
        "sess_'%20OR%20'1'='1",
        "sess_%25",
        "%F0%9F%98%80",
        "%C0%AF",
        "%ZZ",
        "null",
        "*",
        "sess_" + new string('0', 4_000),
    ];

    private static readonly (string Id, string What, Func<ConformanceRun, Task<Answer>> Send)[] Errors =
    [
        ("400", "400", run => run.CreateAsync("""{"ttl_seconds":59}""")),
        ("401", "401", run => run.SendAsync(new Call("GET", "/v1/sessions"))),
        ("404-session", "404 of a session", run => run.GetAsync(Unknown)),
        ("404-path", "404 of a path", run => run.GetAsync("/v1/nothing-here")),
        ("409", "409", async run => (await run.DeletedSessionAsync()).DeletedAgain),
    ];

    public static readonly IReadOnlyList<Check> All =
    [
        .. Errors.Select(error => Documented($"error.envelope-{error.Id}", $"{error.What} has the body {{\"error\":{{\"code\",\"message\"}}}}", Page, async run =>
        {
            var answer = await error.Send(run);
            Expect.Equal($"The status of {answer.Request}", error.Id[..3], answer.Status.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Expect.Fields(answer.Json, $"The body of {error.What}", "error");
            Expect.Fields(answer.Get("error"), $"error of {error.What}", "code", "message");
            Expect.True(answer.Get("error").Text("code", answer.Request) is { Length: > 0 } code && code.All(letter => char.IsAsciiLetterLower(letter) || letter == '_'), "code must be a lower-case word.");
            Expect.True(answer.Get("error").Field("message", answer.Request) is { ValueKind: JsonValueKind.String } message && message.GetString()!.Length > 0, "message must be a text.");
        })),
        Documented("error.unknown-session", "GET of an unknown session gets 404 session_not_found", Page, async run => (await run.GetAsync(Unknown)).ExpectError(404, "session_not_found")),
        Documented("error.unknown-session-message", "The message of session_not_found is the documented one", Page, async run =>
            Expect.Equal("The message of session_not_found", "Session not found.", (await run.GetAsync(Unknown)).Expect(404).Get("error").Text("message", "404"))),
        Documented("error.malformed-session", "GET of an id that is none gets 404 session_not_found", Page, async run => (await run.GetAsync("/v1/sessions/not-an-id")).ExpectError(404, "session_not_found")),
        Documented("error.not-an-id", "GET and DELETE of anything that is no id of a session get 404 session_not_found", Page, async run =>
        {
            foreach (var id in Malformed)
            {
                (await run.GetAsync("/v1/sessions/" + id)).ExpectError(404, "session_not_found");
                (await run.DeleteAsync("/v1/sessions/" + id)).ExpectError(404, "session_not_found");
            }
        }),
        Documented("error.delete-unknown", "DELETE of an unknown session gets 404 session_not_found", Page, async run => (await run.DeleteAsync(Unknown)).ExpectError(404, "session_not_found")),
        Documented("error.screenshot-unknown", "A screenshot of an unknown session gets 404 session_not_found", Page, async run => (await run.PostAsync(Unknown + "/screenshot")).ExpectError(404, "session_not_found")),
        Documented("error.preview-unknown", "A preview token of an unknown session gets 404 session_not_found", Page, async run => (await run.PostAsync(Unknown + "/preview-token")).ExpectError(404, "session_not_found")),
        Documented("error.unknown-path", "An unknown path gets 404 not_found", Page, async run => (await run.GetAsync("/v1/nothing-here")).ExpectError(404, "not_found")),
        Assumed("error.method", "A method that a path does not have gets 405 method_not_allowed", Page, async run => (await run.SendAsync(new Call("PUT", "/v1/sessions") { Authorization = $"Bearer {run.Options.Key}", Body = "{}" })).ExpectError(405, "method_not_allowed")),
        Assumed("error.large-body", "A body above 64 KiB gets 413 payload_too_large", Page, run => ForEachBodyAsync(run, LargeBody, new Dictionary<string, string>(), 413, "payload_too_large")),
        Assumed("error.content-encoding", "A body with a Content-Encoding gets 415 unsupported_media_type", Page, run => ForEachBodyAsync(run, "{}", Compressed, 415, "unsupported_media_type")),
    ];

    /// <summary>Sends a body to each operation that takes one; those with the cookie only if the run has it.</summary>
    private static async Task ForEachBodyAsync(ConformanceRun run, string body, Dictionary<string, string> headers, int status, string code)
    {
        string[] withKey = run.Options.HasBrowsers ? ["/v1/sessions", $"{(await run.OpenSessionAsync()).Path}/screenshot"] : ["/v1/sessions"];
        foreach (var path in withKey)
            (await run.SendAsync(new Call("POST", path) { Authorization = $"Bearer {run.Options.Key}", Body = body, Headers = headers })).ExpectError(status, code);
        if (run.Options.Cookie is not { } cookie) return;
        foreach (var path in new[] { "/v1/keys", "/v1/keys/68c58c43-dafc-433c-9d19-3719ab740159/rotate", "/v1/billing/topup" })
            (await run.SendAsync(new Call("POST", path) { Cookie = cookie, Body = body, Headers = headers })).ExpectError(status, code);
    }
}
