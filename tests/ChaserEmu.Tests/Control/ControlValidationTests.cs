using System.Net;

namespace ChaserEmu.Tests.Control;

/// <summary>Invalid requests to the control plane return ProblemDetails with the field and its allowed values.</summary>
public sealed class ControlValidationTests(SharedEmulatorFixture shared) : IClassFixture<SharedEmulatorFixture>
{
    private const string InvalidBody = "The body must be a JSON object.";
    private const string MissingBody = "The body is missing. Send a JSON object with the fields: seconds.";
    private const string InvalidSeconds = "seconds must be a number.";
    private const string NegativeSeconds = "seconds must be 0 or more: the clock never goes back.";
    private const string TooFar = "The clock can move by at most 316224000 seconds (ten years) at once.";
    private const string InvalidTime = "now must be a time such as \"2026-06-13T11:49:20.651182Z\".";
    private const string InvalidRate = "rate must be above 0 and at most 1000000; to stop time, set \"frozen\": true.";

    private readonly Emulator _emulator = shared.Emulator;

    public static TheoryData<string, string> InvalidAdvances => new()
    {
        { "", MissingBody },
        { "{", "The body is not valid JSON: line 1, byte 2." },
        { "{\"seconds\":1,}", "The body is not valid JSON: line 1, byte 14." },
        { "null", InvalidBody },
        { "60", InvalidBody },
        { "[60]", InvalidBody },
        { "{}", "seconds is missing; it must be a number." },
        { "{\"second\":1}", "Unknown field 'second'. Allowed fields: seconds." },
        { "{\"Seconds\":1}", "Unknown field 'Seconds'. Allowed fields: seconds." },
        { "{\"seconds\":1,\"seconds\":2}", "The body has the field seconds twice." },
        { "{\"seconds\":null}", InvalidSeconds },
        { "{\"seconds\":\"60\"}", InvalidSeconds },
        { "{\"seconds\":\"NaN\"}", InvalidSeconds },
        { "{\"seconds\":{}}", InvalidSeconds },
        { "{\"seconds\":-1}", NegativeSeconds },
        { "{\"seconds\":-1e-9}", NegativeSeconds },
        { "{\"seconds\":-1e999}", NegativeSeconds },
        { "{\"seconds\":316224000.001}", TooFar },
        { "{\"seconds\":1e999}", TooFar },
        { "{\"seconds\":\"\xFF\"}", "The body must be UTF-8 without a byte order mark." },
    };

    public static TheoryData<string, string> InvalidClockChanges => new()
    {
        { "[]", InvalidBody },
        { "{\"time\":1}", "Unknown field 'time'. Allowed fields: now, rate, frozen." },
        { "{\"now\":1781351360}", InvalidTime },
        { "{\"now\":\"\"}", InvalidTime },
        { "{\"now\":\"tomorrow\"}", InvalidTime },
        { "{\"now\":\"2026-02-30T00:00:00Z\"}", InvalidTime },
        { "{\"now\":\"0001-01-01T00:00:00+14:00\"}", InvalidTime },
        { "{\"rate\":\"fast\"}", "rate must be a number." },
        { "{\"rate\":0}", InvalidRate },
        { "{\"rate\":-1}", InvalidRate },
        { "{\"rate\":1000001}", InvalidRate },
        { "{\"rate\":1e999}", InvalidRate },
        { "{\"frozen\":1}", "frozen must be true or false." },
        { "{\"frozen\":\"true\"}", "frozen must be true or false." },
        { "{\"now\":\"9998-01-01T00:00:00Z\"}", TooFar },
    };

    [Theory, MemberData(nameof(InvalidAdvances))]
    public Task An_invalid_advance_returns_400_with_the_reason(string body, string detail) =>
        _emulator.SendAsync("POST", "/_emu/clock/advance", body).AssertProblemAsync(HttpStatusCode.BadRequest, detail);

    [Theory, MemberData(nameof(InvalidClockChanges))]
    public Task An_invalid_clock_change_returns_400_with_the_reason(string body, string detail) =>
        _emulator.SendAsync("PUT", "/_emu/clock", body).AssertProblemAsync(HttpStatusCode.BadRequest, detail);

    [Fact]
    public Task An_oversized_body_returns_413() =>
        _emulator.SendAsync("POST", "/_emu/clock/advance", new string(' ', 64 * 1024 + 1))
            .AssertProblemAsync(HttpStatusCode.RequestEntityTooLarge, "The request body is larger than 65536 bytes.");

    [Fact]
    public Task A_body_needs_no_content_type() =>
        _emulator.SendAsync("PUT", "/_emu/clock", "{}", contentType: null).ContinueWith(answer => Assert.Equal(HttpStatusCode.OK, answer.Result.StatusCode), TaskScheduler.Default);

    [Theory]
    [InlineData("GET", "/_emu/clock?frozen=true", "Unknown query parameter 'frozen'. GET /_emu/clock has no query parameters.")]
    [InlineData("PUT", "/_emu/clock?frozen=true", "Unknown query parameter 'frozen'. PUT /_emu/clock reads its parameters from the JSON body.")]
    [InlineData("POST", "/_emu/clock/advance?seconds=60", "Unknown query parameter 'seconds'. POST /_emu/clock/advance reads its parameters from the JSON body.")]
    [InlineData("GET", "/_emu/sessions?key=cha_test_x", "Unknown query parameter 'key'. Allowed: workspace, status, reason, key_id, limit, cursor.")]
    [InlineData("GET", "/_emu/sessions?statuss=ready", "Unknown query parameter 'statuss'. Allowed: workspace, status, reason, key_id, limit, cursor.")]
    [InlineData("GET", "/_emu/sessions?status=ready&status=creating", "status is given 2 times; give it once.")]
    [InlineData("GET", "/_emu/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854?all", "Unknown query parameter 'all'. GET /_emu/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854 has no query parameters.")]
    [InlineData("POST", "/_emu/reset?key=cha_test_x", "Unknown query parameter 'key'. POST /_emu/reset reads its parameters from the JSON body.")]
    [InlineData("GET", "/_emu/state?key=cha_test_x", "Unknown query parameter 'key'. GET /_emu/state has no query parameters.")]
    [InlineData("PUT", "/_emu/state?dry=1", "Unknown query parameter 'dry'. PUT /_emu/state reads its parameters from the JSON body.")]
    [InlineData("GET", "/_emu/faults?key=cha_test_x", "Unknown query parameter 'key'. GET /_emu/faults has no query parameters.")]
    [InlineData("DELETE", "/_emu/faults?key=cha_test_x", "Unknown query parameter 'key'. DELETE /_emu/faults has no query parameters.")]
    [InlineData("DELETE", "/_emu/journal?session=x", "Unknown query parameter 'session'. Allowed: key, workspace.")]
    [InlineData("POST", "/_emu/journal/cdp/verify?since=1", "Unknown query parameter 'since'. POST /_emu/journal/cdp/verify reads its parameters from the JSON body.")]
    public Task An_unknown_query_parameter_returns_400(string method, string path, string detail) =>
        _emulator.SendAsync(method, path).AssertProblemAsync(HttpStatusCode.BadRequest, detail);

    [Theory]
    [InlineData("/_emu/sessions?status=dead", "status must be one of: creating, ready, closed, error, open, ended.")]
    [InlineData("/_emu/sessions?reason=bored", "reason must be one of: client_delete, ttl_expired, idle_expired, abandoned_orphan, substrate_down.")]
    [InlineData("/_emu/sessions?reason=ttl_expired&status=open", "reason is of closed sessions only; remove status=open.")]
    [InlineData("/_emu/sessions?key_id=x", "There is no key x. The key_id of each session in this list is one.")]
    [InlineData("/_emu/sessions?limit=0", "limit must be from 1 to 500.")]
    [InlineData("/_emu/sessions?limit=501", "limit must be from 1 to 500.")]
    [InlineData("/_emu/sessions?cursor=x", "cursor must be next_cursor of an earlier page.")]
    [InlineData("/_emu/workspaces?limit=x", "limit must be from 1 to 500.")]
    [InlineData("/_emu/workspaces?cursor=ws_nowhere", "cursor must be next_cursor of an earlier page.")]
    public Task An_invalid_list_query_returns_400(string path, string detail) =>
        _emulator.SendAsync("GET", path).AssertProblemAsync(HttpStatusCode.BadRequest, detail);

    [Theory]
    [InlineData("GET", "/_emu/nothing", HttpStatusCode.NotFound, "Nothing found at this path. Check the URL.")]
    [InlineData("DELETE", "/_emu/clock", HttpStatusCode.MethodNotAllowed, "Method not allowed. See the Allow header for the supported methods.")]
    [InlineData("GET", "/_emu/sessions/x", HttpStatusCode.NotFound, "There is no session x.")]
    public Task Unknown_addresses_methods_and_sessions_return_ProblemDetails(string method, string path, HttpStatusCode status, string detail) =>
        _emulator.SendAsync(method, path).AssertProblemAsync(status, detail);
}
