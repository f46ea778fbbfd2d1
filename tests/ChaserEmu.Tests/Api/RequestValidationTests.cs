using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Tests.Api;

/// <summary>Invalid requests and the exact error of each. None returns 500.</summary>
public sealed class RequestValidationTests(SharedEmulatorFixture shared) : IClassFixture<SharedEmulatorFixture>
{
    private const string TtlError = "ttl_seconds must be an integer from 60 to 3600.";
    private const string ProfileError = "profile must be a string of 1 to 128 characters.";
    private const string ObjectError = "The body must be a JSON object.";
    private const string LimitError = "limit must be an integer from 1 to 100.";
    private const string CursorError = "cursor must be the next_cursor of an earlier page.";
    private const string SessionId = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";

    private const string ValidCursor = "MjAyNi0wNi0xM1QxMTo0OToyMC42NTExODIrMDA6MDB8MDE5ZWMwZDAtYTg4YS03M2YyLTk3NDEtODAzMGRjODJhODU0";
    private const string Utf8Error = "The body must be UTF-8 without a byte order mark.";
    private const string DepthError = "The body is nested deeper than 64 levels.";
    private const string SurrogateError = "The body has a field name with an unpaired surrogate.";

    private readonly Emulator _emulator = shared.Emulator;

    public static TheoryData<string, string> InvalidBodies => new()
    {
        // Invalid JSON.
        { "{", JsonError(1, 2) },
        { "}", JsonError(1, 1) },
        { " ", JsonError(1, 2) },
        { "ttl_seconds=60", JsonError(1, 2) },
        { "{\"ttl_seconds\"}", JsonError(1, 15) },
        { "{\"ttl_seconds\":}", JsonError(1, 16) },
        { "{\n  \"ttl_seconds\": 60,\n}", JsonError(3, 1) },
        { "{'ttl_seconds':60}", JsonError(1, 2) },
        { "{ttl_seconds:60}", JsonError(1, 2) },
        { "{\"ttl_seconds\":60", JsonError(1, 18) },
        { "{\"ttl_seconds\":060}", JsonError(1, 17) },
        { "{\"ttl_seconds\":+60}", JsonError(1, 16) },
        { "{\"ttl_seconds\":.6e2}", JsonError(1, 16) },
        { "{\"ttl_seconds\":0x3C}", JsonError(1, 17) },
        { "{\"ttl_seconds\":NaN}", JsonError(1, 16) },
        { "{\"ttl_seconds\":True}", JsonError(1, 16) },
        { "{\"profile\":\"a}", JsonError(1, 15) },
        { "{\"profile\":\"\\x\"}", JsonError(1, 14) },
        { "{\"profile\":\"a\tb\"}", JsonError(1, 14) },
        { "{\"ttl_seconds\":60} x", JsonError(1, 20) },
        { "{\"ttl_seconds\":60}{}", JsonError(1, 19) },
        { "{\"ttl_seconds\":60}\0", JsonError(1, 19) },
        { "{/* a minute */\"ttl_seconds\":60}", JsonError(1, 2) },
        { "{} // defaults", JsonError(1, 4) },

        // Another encoding than UTF-8.
        { "\xEF\xBB\xBF{}", Utf8Error },
        { "\xFF\xFE{\0}\0", Utf8Error },
        { "\x1F\x8B\b\0", Utf8Error },
        { "{\"profile\":\"\xFF\"}", Utf8Error },
        { "{\"profile\":\"caf\xE9\"}", Utf8Error },
        { "{\"\xC0\xAF\":1}", Utf8Error },

        // Half of a surrogate pair.
        { """{"profile":"\ud800"}""", ProfileError },
        { """{"\ud800":1}""", SurrogateError },

        // Valid JSON, but not an object.
        { "true", ObjectError },
        { "60", ObjectError },
        { "\"ttl_seconds\"", ObjectError },
        { "[]", ObjectError },
        { "[{\"ttl_seconds\":60}]", ObjectError },

        // Out of range, by one and by far.
        { "{\"ttl_seconds\":59}", TtlError },
        { "{\"ttl_seconds\":3601}", TtlError },
        { "{\"ttl_seconds\":0}", TtlError },
        { "{\"ttl_seconds\":-0}", TtlError },
        { "{\"ttl_seconds\":-60}", TtlError },
        { "{\"ttl_seconds\":2147483648}", TtlError },
        { "{\"ttl_seconds\":4294967356}", TtlError },
        { "{\"ttl_seconds\":18446744073709551676}", TtlError },
        { "{\"ttl_seconds\":1e999}", TtlError },
        { "{\"ttl_seconds\":1e2147483648}", TtlError },
        { "{\"ttl_seconds\":-1e-999}", TtlError },

        // The wrong type.
        { "{\"ttl_seconds\":59.9}", TtlError },
        { "{\"ttl_seconds\":60.5}", TtlError },
        { "{\"ttl_seconds\":60.0000001}", TtlError },
        { "{\"ttl_seconds\":\"60\"}", TtlError },
        { "{\"ttl_seconds\":\"\"}", TtlError },
        { "{\"ttl_seconds\":null}", TtlError },
        { "{\"ttl_seconds\":true}", TtlError },
        { "{\"ttl_seconds\":[60]}", TtlError },
        { "{\"ttl_seconds\":{\"value\":60}}", TtlError },
        { "{\"profile\":null}", ProfileError },
        { "{\"profile\":1}", ProfileError },
        { "{\"profile\":false}", ProfileError },
        { "{\"profile\":[\"default\"]}", ProfileError },
        { "{\"profile\":{}}", ProfileError },
        { "{\"profile\":\"\"}", ProfileError },
        { $"{{\"profile\":\"{new string('p', 129)}\"}}", ProfileError },

        // Two validation errors: only one is reported.
        { "{\"ttl_seconds\":1,\"profile\":1}", ProfileError },

        // Duplicate fields.
        { "{\"ttl_seconds\":60,\"ttl_seconds\":60}", "The body has the field ttl_seconds twice." },
        { "{\"ttl_seconds\":60,\"ttl_\\u0073econds\":60}", "The body has a field twice." },
        { "{\"x\":[{\"y\":1,\"y\":2}]}", "The body has the field x[0].y twice." },
        { "{\"\\ud800\":{\"y\":1,\"y\":2}}", "The body has the field \\\\ud800.y twice." },

        // One level deeper than the parser allows (64), and much deeper.
        { Nested(64), DepthError },
        { new string('[', 60_000), DepthError },
        { new string('[', 64), JsonError(1, 65) },
    };

    public static TheoryData<string> ValidBodies =>
    [
        "",
        "{}",
        " \r\n\t{ } ",
        "{\"ttl_seconds\":60}",
        "{\"ttl_seconds\":3600}",
        "{\"ttl_seconds\":1800.0}",
        "{\"ttl_seconds\":6e1}",
        "{\"ttl_seconds\":0.6E+2}",
        "{\"ttl_\\u0073econds\":60}",
        "{\"TTL_SECONDS\":1,\"ttlSeconds\":\"no\",\"unknown\":[{}]}",
        "{\"profile\":\"p\"}",
        "{\"profile\":\"\xE2\x82\xAC\\ud83d\\ude00 \\u0000\"}",
        $"{{\"profile\":\"{new string('p', 128)}\"}}",
        Nested(63),
    ];

    /// <summary>Content types for the body <c>{}</c>.</summary>
    public static TheoryData<string?> NonJsonTypes =>
    [
        null, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "application", "json", "*/*", "application/json, application/json",
    ];

    public static TheoryData<string> JsonTypes =>
    [
        "application/json", "Application/JSON", "application/json; charset=utf-8", "application/json;charset=\"UTF-8\"", "application/merge-patch+json",
    ];

    public static TheoryData<string> ValidKeys =>
    [
        "bearer " + Emulator.TestKey, "BEARER " + Emulator.TestKey, "Bearer   " + Emulator.TestKey, "Bearer cha_live_x", "Bearer cha_test_-_", "Bearer cha_test_" + new string('k', 128),
    ];

    /// <summary>Query strings of the list, each with its validation error.</summary>
    public static TheoryData<string, string> InvalidQueries => new()
    {
        { "limit=0", LimitError },
        { "limit=101", LimitError },
        { "limit=-1", LimitError },
        { "limit=abc", LimitError },
        { "limit=1.5", LimitError },
        { "limit=1e1", LimitError },
        { "limit=0x10", LimitError },
        { "limit=%2B5", LimitError },
        { "limit=%205", LimitError },
        { "limit=5%00", LimitError },
        { "limit=%D9%A5", LimitError },
        { "limit=2147483648", LimitError },
        { "limit=4294967297", LimitError },
        { "limit=99999999999999999999999", LimitError },
        { "limit=", LimitError },
        { "limit", LimitError },
        { "limit=1&limit=1", LimitError },
        { "limit=0&cursor=x", LimitError },
        { "cursor=", CursorError },
        { "cursor", CursorError },
        { "cursor=null", CursorError },
        { "cursor=%00", CursorError },
        { "cursor=!!!!", CursorError },
        { "cursor=" + SessionId, CursorError },
        { "cursor=" + Encoded("2026-06-13T11:49:20.651182+00:00"), CursorError },
        { "cursor=" + Encoded("|" + SessionId[5..]), CursorError },
        { "cursor=" + Encoded("yesterday|" + SessionId[5..]), CursorError },
        { "cursor=" + Encoded("2026-06-31T11:49:20.651182+00:00|" + SessionId[5..]), CursorError },
        { "cursor=" + Encoded("2026-06-13T11:49:20.651182+00:00|" + SessionId), CursorError },
        { "cursor=" + Encoded("2026-06-13T11:49:20.651182Z|" + SessionId), CursorError },
        { "cursor=" + Encoded("2026-06-13T11:49:20.651182+00:00|" + new string('x', 36)), CursorError },
        { "cursor=" + Encoded("2026-06-13T11:49:20.651182+00:00|" + SessionId[5..40] + "|"), CursorError },
        { "cursor=" + ValidCursor[..^2], CursorError },
        { "cursor=" + ValidCursor[..^4], CursorError },
        { "cursor=" + ValidCursor[..^1] + "%20", CursorError },
        { "cursor=" + ValidCursor[..^1] + "+", CursorError },
        { "cursor=" + ValidCursor[..^1] + "-", CursorError },
        { "cursor=" + ValidCursor + "=", CursorError },
        { "cursor=" + ValidCursor + "&cursor=" + ValidCursor, CursorError },
        { "cursor=" + new string('A', 129), CursorError },
        { "cursor=" + new string('A', 7_000), CursorError },
    };

    public static TheoryData<string, string, string> WrongMethods
    {
        get
        {
            var cases = new TheoryData<string, string, string>();
            AddCases("/v1/sessions", "GET, HEAD, POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND");
            AddCases("/v1/sessions/" + SessionId, "DELETE, GET, HEAD", "POST", "PUT", "PATCH", "OPTIONS", "TRACE");
            AddCases("/v1/billing/topup", "POST", "GET", "HEAD");
            AddCases("/sessions/" + SessionId, "GET, HEAD", "POST", "PUT", "DELETE", "OPTIONS");
            AddCases("/openapi.yaml", "GET, HEAD", "POST");
            AddCases("/readyz", "GET, HEAD", "POST");
            return cases;

            void AddCases(string path, string allow, params ReadOnlySpan<string> methods)
            {
                foreach (var method in methods) cases.Add(method, path, allow);
            }
        }
    }

    public static TheoryData<string, string> UnknownRoutes => new()
    {
        { "POST", "/nothing" },
        { "GET", "/v1" },
        { "POST", "/v1/" },
        { "GET", "/v1/session" },
        { "GET", "/v2/sessions" },
        { "POST", "/v1/sessions/" + SessionId + "/fly" },
        { "GET", "/v1/sessions//" + SessionId },
        { "GET", "/v1/../../etc/passwd" },
        { "GET", "//v1/sessions" },
        { "GET", "/v1/%73essions%2F" },
        { "GET", "/sessions" },
        { "GET", "/sessions/" + SessionId + "/" + SessionId },
        { "PUT", "/sessions/" + SessionId + "/json/new" },
        { "GET", "/sessions/" + SessionId + "/json/activate/any" },
        { "GET", "/sessions/" + SessionId + "/json/close/any" },
        { "DELETE", "/favicon.gif" },
    };

    [Theory, MemberData(nameof(InvalidBodies))]
    public Task An_invalid_body_returns_400_with_the_validation_error(string body, string message) =>
        _emulator.SendAsync("POST", "/v1/sessions", body).AssertErrorAsync(400, "invalid_request", message);

    [Theory, MemberData(nameof(ValidBodies))]
    public async Task A_valid_body_creates_a_session(string body) =>
        Assert.Equal(HttpStatusCode.Created, (await _emulator.SendAsync("POST", "/v1/sessions", body)).StatusCode);

    [Theory, MemberData(nameof(NonJsonTypes))]
    public Task A_body_of_another_content_type_is_rejected(string? type) =>
        _emulator.SendAsync("POST", "/v1/sessions", "{}", type).AssertErrorAsync(400, "invalid_request", "Content-Type must be application/json.");

    [Theory, MemberData(nameof(JsonTypes))]
    public async Task Every_spelling_of_the_JSON_content_type_is_accepted(string type) =>
        Assert.Equal(HttpStatusCode.Created, (await _emulator.SendAsync("POST", "/v1/sessions", "{}", type)).StatusCode);

    [Theory, InlineData("application/json; charset=utf-16"), InlineData("application/json; charset=latin1"), InlineData("application/json;charset=\"ascii\"")]
    public Task A_body_in_another_charset_is_rejected(string type) =>
        _emulator.SendAsync("POST", "/v1/sessions", "{}", type).AssertErrorAsync(400, "invalid_request", "The charset in Content-Type must be utf-8; JSON is always UTF-8 (RFC 8259).");

    [Theory, InlineData("gzip"), InlineData("br"), InlineData("identity, gzip")]
    public async Task A_compressed_body_returns_415(string encoding)
    {
        await Send("/v1/sessions").AssertErrorAsync(415, "unsupported_media_type", "The request has a Content-Encoding. Send the body without compression.");
        await Send("/_emu/reset").AssertProblemAsync(HttpStatusCode.UnsupportedMediaType, "The request has a Content-Encoding. Send the body without compression.");

        Task<HttpResponseMessage> Send(string path)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}", null, "application/json") };
            request.Content.Headers.Add("Content-Encoding", encoding);
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Emulator.TestKey);
            return _emulator.SendAsync(request);
        }
    }

    [Fact]
    public async Task A_method_in_lower_case_is_not_allowed()
    {
        var answer = await _emulator.SendRawAsync($"post /v1/sessions HTTP/1.1\r\nHost: emu\r\nAuthorization: Bearer {Emulator.TestKey}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        Assert.Contains("Allow: POST\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("Methods are written in capital letters: use POST.", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/V1/sessions", "Paths are case-sensitive: use 'v1', not 'V1'.")]
    [InlineData("/v1/Sessions", "Paths are case-sensitive: use 'sessions', not 'Sessions'.")]
    [InlineData("/Sessions/" + SessionId, "Paths are case-sensitive: use 'sessions', not 'Sessions'.")]
    public Task A_path_in_another_case_is_not_found(string path, string message) => _emulator.SendAsync("GET", path).AssertErrorAsync(404, "not_found", message);

    [Fact]
    public async Task Without_a_body_its_content_type_does_not_matter() =>
        Assert.Equal(HttpStatusCode.Created, (await _emulator.SendAsync("POST", "/v1/sessions", "", "application/x-www-form-urlencoded")).StatusCode);

    [Theory, InlineData(false), InlineData(true)]
    public async Task A_body_of_64_KiB_is_accepted_and_one_byte_more_returns_413(bool chunked)
    {
        Assert.Equal(HttpStatusCode.Created, (await Send(64 * 1024)).StatusCode);
        await Send(64 * 1024 + 1).AssertErrorAsync(413, "payload_too_large", "The request body is larger than 65536 bytes.");
        await Send(1024 * 1024).AssertErrorAsync(413, "payload_too_large", "The request body is larger than 65536 bytes.");

        Task<HttpResponseMessage> Send(int size)
        {
            var content = new StringContent("{}".PadRight(size), null, "application/json");
            var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sessions") { Content = content };
            request.Headers.TransferEncodingChunked = chunked;
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Emulator.TestKey);
            return _emulator.SendAsync(request);
        }
    }

    /// <summary>An emulator that closed the connection while the client still sends would reset it, and the client would get no answer.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public async Task A_client_that_sends_an_oversized_body_completely_receives_413(bool chunked)
    {
        // More than the system's buffers take, so the emulator must read while the client sends.
        const int Parts = 15, PartLength = 1024 * 1024;
        using var client = new TcpClient();
        await client.ConnectAsync(_emulator.Address.Host, _emulator.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/sessions HTTP/1.1\r\nHost: emu\r\nAuthorization: Bearer {Emulator.TestKey}\r\nContent-Type: application/json\r\n{(chunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Parts * PartLength}")}\r\nConnection: close\r\n\r\n"));
        for (var part = 0; part < Parts; part++)
        {
            if (chunked) await stream.WriteAsync(Encoding.ASCII.GetBytes($"{PartLength:x}\r\n"));
            await stream.WriteAsync(new byte[PartLength]);
            if (chunked) await stream.WriteAsync("\r\n"u8.ToArray());
        }

        if (chunked) await stream.WriteAsync("0\r\n\r\n"u8.ToArray());

        using var reader = new StreamReader(stream, Encoding.Latin1);
        Assert.StartsWith("HTTP/1.1 413 ", await reader.ReadToEndAsync().DefaultTimeout(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Broken_chunked_framing_returns_400()
    {
        var answer = await _emulator.SendRawAsync(
            $"POST /v1/sessions HTTP/1.1\r\nHost: emu\r\nAuthorization: Bearer {Emulator.TestKey}\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n{{}}\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("""{"error":{"code":"invalid_request","message":"The request body could not be read: its framing is broken or it ended early."}}""", answer, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(ValidKeys))]
    public async Task Any_well_formed_key_is_accepted(string authorization) =>
        Assert.Equal(HttpStatusCode.OK, (await _emulator.SendAsync("GET", "/v1/sessions", authorization: authorization)).StatusCode);

    [Theory]
    [InlineData("Authorization: Bearer cha_test_a\r\nAuthorization: Bearer cha_test_a\r\n")]
    [InlineData("Authorization: Bearer cha_test_\xC3\xA9\r\n")]
    [InlineData("X-Api-Key: cha_test_a\r\nCookie: Authorization=cha_test_a\r\n")]
    public async Task Duplicate_malformed_and_misplaced_keys_return_401(string headers)
    {
        var answer = await _emulator.SendRawAsync($"GET /v1/sessions HTTP/1.0\r\n{headers}\r\n");

        Assert.StartsWith("HTTP/1.1 401 ", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SessionId)]
    [InlineData("x")]
    [InlineData("sess_019ec0d0a88a73f297418030dc82a854")]
    [InlineData(SessionId + "%2F..")]
    public Task A_CDP_address_that_names_no_session_is_not_found(string id) =>
        _emulator.SendAsync("GET", "/sessions/" + id).AssertErrorAsync(404, "session_not_found", "Session not found.");

    [Theory, MemberData(nameof(InvalidQueries))]
    public Task An_invalid_limit_or_cursor_returns_400(string query, string message) =>
        _emulator.SendAsync("GET", "/v1/sessions?" + query).AssertErrorAsync(400, "invalid_request", message);

    [Theory]
    [InlineData("limit=1")]
    [InlineData("limit=100")]
    [InlineData("limit=020")]
    [InlineData("limit=1&LIMIT=2")]
    [InlineData("Limit=0&Cursor=x")]
    [InlineData("unknown=1&unknown=2")]
    [InlineData("cursor=" + ValidCursor)]
    public async Task A_valid_limit_or_cursor_is_accepted(string query) =>
        Assert.Equal(HttpStatusCode.OK, (await _emulator.SendAsync("GET", "/v1/sessions?" + query)).StatusCode);

    [Theory, MemberData(nameof(WrongMethods))]
    public async Task A_wrong_method_returns_405_with_the_Allow_header(string method, string path, string allow)
    {
        using var answer = await _emulator.SendAsync(method, path);

        Assert.Equal(405, (int)answer.StatusCode);
        Assert.Equal(allow, string.Join(", ", answer.Content.Headers.Allow.Order()));
        var envelope = """{"error":{"code":"method_not_allowed","message":"Method not allowed. See the Allow header for the supported methods."}}""";
        Assert.Equal(method == "HEAD" ? "" : envelope, await answer.Content.ReadAsStringAsync());
    }

    [Theory, MemberData(nameof(UnknownRoutes))]
    public Task An_unknown_address_is_not_found(string method, string path) =>
        _emulator.SendAsync(method, path).AssertErrorAsync(404, "not_found", "Nothing found at this path. Check the URL.");

    [Fact]
    public async Task A_trailing_slash_and_a_missing_host_are_accepted()
    {
        Assert.Equal(HttpStatusCode.OK, (await _emulator.SendAsync("GET", "/v1/sessions/")).StatusCode);
        var answer = await _emulator.SendRawAsync($"POST /v1/sessions HTTP/1.0\r\nContent-Length: 0\r\nAuthorization: Bearer {Emulator.TestKey}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 201 ", answer, StringComparison.Ordinal);
        Assert.Contains($"\"cdp_url\":\"ws://127.0.0.1:{_emulator.Address.Port}/sessions/sess_", answer, StringComparison.Ordinal);
    }

    /// <summary>Kestrel rejects these itself, with an empty body.</summary>
    [Theory]
    [InlineData("GARBAGE\r\n\r\n", 400)]
    [InlineData("GET /v1/sessions HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /v1/sessions HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400)]
    [InlineData("GET /v1/sessions/%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400)]
    [InlineData("GET /v1/sessions HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400)]
    [InlineData("GET /v1/sessions HTTP/3.7\r\nHost: a\r\n\r\n", 505)]
    public async Task Invalid_HTTP_returns_an_empty_error_response(string request, int status)
    {
        var answer = await _emulator.SendRawAsync(request);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Oversized_request_lines_and_headers_return_414_and_431()
    {
        Assert.StartsWith("HTTP/1.1 414 ", await _emulator.SendRawAsync($"GET /{new string('a', 9_000)} HTTP/1.1\r\nHost: a\r\n\r\n"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 431 ", await _emulator.SendRawAsync($"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('a', 40_000)}\r\n\r\n"), StringComparison.Ordinal);
    }

    private static string JsonError(int line, int at) => $"The body is not valid JSON: line {line}, byte {at}.";

    private static string Nested(int depth) => "{\"x\":" + new string('[', depth) + new string(']', depth) + "}";

    private static string Encoded(string cursor) => Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(cursor));
}
