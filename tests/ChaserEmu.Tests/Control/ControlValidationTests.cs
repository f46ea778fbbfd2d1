using System.Net;

namespace ChaserEmu.Tests.Control;

/// <summary>What a test author can get wrong with the control plane: each answer is a ProblemDetails that says how to do it right.</summary>
public sealed class ControlValidationTests(SharedEmulatorFixture shared) : IClassFixture<SharedEmulatorFixture>
{
    private const string AnObject = "The body must be a JSON object.";
    private const string Missing = "The body is missing. It must be a JSON object; its fields are: seconds.";
    private const string ASecond = "seconds must be a number.";
    private const string NotBack = "seconds must be 0 or more: the clock never goes back.";
    private const string TooFar = "The clock can be moved by at most 316224000 seconds (ten years) at once.";
    private const string ATime = "now must be a time such as \"2026-06-13T11:49:20.651182Z\".";
    private const string ARate = "rate must be above 0 and at most 1000000; to stop time, say \"frozen\": true.";

    private readonly Emulator _emulator = shared.Emulator;

    public static TheoryData<string, string> InvalidAdvances => new()
    {
        { "", Missing },
        { "{", "The body is not valid JSON: line 1, byte 2." },
        { "{\"seconds\":1,}", "The body is not valid JSON: line 1, byte 14." },
        { "null", AnObject },
        { "60", AnObject },
        { "[60]", AnObject },
        { "{}", "seconds is missing; it must be a number." },
        { "{\"second\":1}", "There is no field 'second'; the body takes: seconds." },
        { "{\"Seconds\":1}", "There is no field 'Seconds'; the body takes: seconds." },
        { "{\"seconds\":1,\"seconds\":2}", "The body has the field seconds twice." },
        { "{\"seconds\":null}", ASecond },
        { "{\"seconds\":\"60\"}", ASecond },
        { "{\"seconds\":\"NaN\"}", ASecond },
        { "{\"seconds\":{}}", ASecond },
        { "{\"seconds\":-1}", NotBack },
        { "{\"seconds\":-1e-9}", NotBack },
        { "{\"seconds\":-1e999}", NotBack },
        { "{\"seconds\":316224000.001}", TooFar },
        { "{\"seconds\":1e999}", TooFar },
        { "{\"seconds\":\"\xFF\"}", "The body must be UTF-8 without a byte order mark." },
    };

    public static TheoryData<string, string> InvalidClockChanges => new()
    {
        { "[]", AnObject },
        { "{\"time\":1}", "There is no field 'time'; the body takes: now, rate, frozen." },
        { "{\"now\":1781351360}", ATime },
        { "{\"now\":\"\"}", ATime },
        { "{\"now\":\"tomorrow\"}", ATime },
        { "{\"now\":\"2026-02-30T00:00:00Z\"}", ATime },
        { "{\"now\":\"0001-01-01T00:00:00+14:00\"}", ATime },
        { "{\"rate\":\"fast\"}", "rate must be a number." },
        { "{\"rate\":0}", ARate },
        { "{\"rate\":-1}", ARate },
        { "{\"rate\":1000001}", ARate },
        { "{\"rate\":1e999}", ARate },
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
    [InlineData("GET", "/_emu/clock?frozen=true", "There is no parameter 'frozen'; GET /_emu/clock takes none.")]
    [InlineData("PUT", "/_emu/clock?frozen=true", "There is no parameter 'frozen'; what PUT /_emu/clock is to do is said in its body.")]
    [InlineData("POST", "/_emu/clock/advance?seconds=60", "There is no parameter 'seconds'; what POST /_emu/clock/advance is to do is said in its body.")]
    [InlineData("GET", "/_emu/sessions?key=cha_test_x", "There is no parameter 'key'; there are: workspace, status.")]
    [InlineData("GET", "/_emu/sessions?statuss=ready", "There is no parameter 'statuss'; there are: workspace, status.")]
    [InlineData("GET", "/_emu/sessions?status=ready&status=creating", "status is given 2 times; give it once.")]
    [InlineData("GET", "/_emu/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854?all", "There is no parameter 'all'; GET /_emu/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854 takes none.")]
    [InlineData("POST", "/_emu/reset?key=cha_test_x", "There is no parameter 'key'; what POST /_emu/reset is to do is said in its body.")]
    [InlineData("GET", "/_emu/state?key=cha_test_x", "There is no parameter 'key'; GET /_emu/state takes none.")]
    [InlineData("PUT", "/_emu/state?dry=1", "There is no parameter 'dry'; what PUT /_emu/state is to do is said in its body.")]
    [InlineData("GET", "/_emu/faults?key=cha_test_x", "There is no parameter 'key'; GET /_emu/faults takes none.")]
    [InlineData("DELETE", "/_emu/faults?key=cha_test_x", "There is no parameter 'key'; DELETE /_emu/faults takes none.")]
    [InlineData("DELETE", "/_emu/journal?session=x", "There is no parameter 'session'; there are: key, workspace.")]
    [InlineData("POST", "/_emu/journal/cdp/verify?since=1", "There is no parameter 'since'; what POST /_emu/journal/cdp/verify is to do is said in its body.")]
    public Task An_unknown_query_parameter_returns_400(string method, string path, string detail) =>
        _emulator.SendAsync(method, path).AssertProblemAsync(HttpStatusCode.BadRequest, detail);

    [Theory]
    [InlineData("GET", "/_emu/nothing", HttpStatusCode.NotFound, "Nothing found at this path. Check the URL.")]
    [InlineData("DELETE", "/_emu/clock", HttpStatusCode.MethodNotAllowed, "Method not allowed. See the Allow header for the supported methods.")]
    [InlineData("GET", "/_emu/sessions/x", HttpStatusCode.NotFound, "There is no session x.")]
    public Task Unknown_addresses_methods_and_sessions_return_ProblemDetails(string method, string path, HttpStatusCode status, string detail) =>
        _emulator.SendAsync(method, path).AssertProblemAsync(status, detail);
}
