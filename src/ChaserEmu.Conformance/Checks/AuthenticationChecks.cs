using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary>Keys, the cookie of the dashboard, and the separation of workspaces.</summary>
internal static class AuthenticationChecks
{
    private const string Unknown = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";
    private const string UnknownKey = "68c58c43-dafc-433c-9d19-3719ab740159";

    private static readonly (string Id, string What, string? Value)[] InvalidCredentials =
    [
        ("missing", "no Authorization header", null),
        ("empty", "an empty bearer token", "Bearer "),
        ("other-scheme", "the scheme Basic", "Basic Y2hhX2xpdmVfYTpi"),
        ("no-scheme", "a token without a scheme", "cha_live_no-scheme"),
        ("malformed", "a token that is not a key", "Bearer not-a-key"),
        ("old-key", "a key of the older generation of the API", "Bearer sk_0123456789abcdef0123456789abcdef"),
    ];

    private static readonly (string Id, string Method, string Path)[] KeyRoutes =
    [
        ("create", "POST", "/v1/sessions"),
        ("list", "GET", "/v1/sessions"),
        ("get", "GET", $"/v1/sessions/{Unknown}"),
        ("delete", "DELETE", $"/v1/sessions/{Unknown}"),
        ("screenshot", "POST", $"/v1/sessions/{Unknown}/screenshot"),
        ("preview-token", "POST", $"/v1/sessions/{Unknown}/preview-token"),
        ("usage", "GET", "/v1/usage"),
    ];

    private static readonly (string Id, string Method, string Path, string? Body)[] CookieRoutes =
    [
        ("keys", "GET", "/v1/keys", null),
        ("revoke", "DELETE", $"/v1/keys/{UnknownKey}", null),
        ("rotate", "POST", $"/v1/keys/{UnknownKey}/rotate", """{"grace_days":7}"""),
        ("topup", "POST", "/v1/billing/topup", """{"amount_usd":50}"""),
        ("audit", "GET", "/v1/audit/stream", null),
    ];

    public static readonly IReadOnlyList<Check> All =
    [
        .. InvalidCredentials.Select(invalid => Documented($"authentication.{invalid.Id}", $"A request with {invalid.What} gets 401 unauthorized", Summary("Authentication"), async run =>
            (await run.SendAsync(new Call("GET", "/v1/sessions") { Authorization = invalid.Value })).ExpectError(401, "unauthorized"))),
        Assumed("authentication.form", "Only the scheme Bearer with one well-formed key is accepted", Summary("Authentication"), async run =>
        {
            foreach (var value in GetMalformed(run.Options.Key)) (await run.SendAsync(new Call("GET", "/v1/sessions") { Authorization = value })).ExpectError(401, "unauthorized");
        }),
        Assumed("authentication.first", "A missing key is reported before any other error", Summary("Authentication"), async run =>
        {
            (await run.SendAsync(new Call("POST", "/v1/sessions") { Body = """{"ttl_seconds":1}""" })).ExpectError(401, "unauthorized");
            (await run.SendAsync(new Call("GET", "/v1/sessions?limit=0"))).ExpectError(401, "unauthorized");
            (await run.SendAsync(new Call("GET", "/v1/sessions/x"))).ExpectError(401, "unauthorized");
            (await run.SendAsync(new Call("DELETE", "/v1/sessions/x"))).ExpectError(401, "unauthorized");
        }),
        .. KeyRoutes.Select(route => Documented($"authentication.route-{route.Id}", $"{route.Method} {route.Path.Replace(Unknown, "{id}", StringComparison.Ordinal)} needs a key", Summary("Authentication"), async run =>
            (await run.SendAsync(new Call(route.Method, route.Path))).ExpectError(401, "unauthorized"))),
        .. CookieRoutes.Select(route => Documented($"authentication.cookie-{route.Id}", $"{route.Method} {route.Path.Replace(UnknownKey, "{id}", StringComparison.Ordinal)} takes the dashboard cookie, not a key", Summary("Authentication"), async run =>
        {
            (await run.SendAsync(new Call(route.Method, route.Path) { Body = route.Body })).ExpectError(401, "unauthorized");
            (await run.SendAsync(new Call(route.Method, route.Path) { Body = route.Body, Authorization = $"Bearer {run.Options.Key}" })).ExpectError(401, "unauthorized");
        })),
        Documented("authentication.unknown-key", "A well-formed key that does not exist gets 401 unauthorized", Summary("Authentication"), VerifyUnknownKeyAsync),
        Documented("authentication.message", "The message of 401 is the documented one", Summary("Errors"), async run =>
            Expect.Equal("The message of 401", "Missing or invalid API key.", (await run.SendAsync(new Call("GET", "/v1/usage"))).Expect(401).Get("error").Text("message", "401"))),
        Assumed("authentication.challenge", "401 has the header WWW-Authenticate: Bearer", Summary("Authentication"), async run =>
        {
            foreach (var route in KeyRoutes) ExpectChallenge(await run.SendAsync(new Call(route.Method, route.Path)), "Bearer");
        }),
        Assumed("authentication.cookie-challenge", "401 of the routes with the cookie has the header WWW-Authenticate: Cookie", Summary("Authentication"), async run =>
        {
            foreach (var route in CookieRoutes) ExpectChallenge(await run.SendAsync(new Call(route.Method, route.Path) { Body = route.Body }), "Cookie");
        }),
        Assumed("authentication.cookie-create-key", "POST /v1/keys takes the dashboard cookie", Summary("Authentication"), async run =>
        {
            var answer = (await run.SendAsync(new Call("POST", "/v1/keys") { Body = """{"name":"conform"}""" })).ExpectError(401, "unauthorized");
            ExpectChallenge(answer, "Cookie");
        }),
        .. new[] { ("get", "GET", ""), ("delete", "DELETE", ""), ("screenshot", "POST", "/screenshot"), ("preview-token", "POST", "/preview-token") }.Select(other =>
            Documented($"authentication.workspace-{other.Item1}", $"{other.Item2} /v1/sessions/{{id}}{other.Item3} with a key of another workspace gets 404 session_not_found", Summary("Errors"), async run =>
                (await AsOtherAsync(run, other.Item2, (await run.OpenSessionAsync()).Path + other.Item3)).ExpectError(404, "session_not_found")) with { Needs = Needs.OtherKey }),
        Documented("authentication.workspace-list", "A list has no sessions of another workspace", Summary("Authentication"), async run =>
        {
            var id = (await run.OpenSessionAsync()).Id;
            var list = (await AsOtherAsync(run, "GET", "/v1/sessions?limit=100")).Expect(200);
            Expect.True(list.Json.Items("data", list.Request).All(session => session.Text("id", list.Request) != id), "The list of another workspace contains the session.");
        }) with { Needs = Needs.OtherKey },
        Documented("authentication.balance", "With a balance of zero, a creation gets 402 payment_required", Summary("Bytes and money"), async run =>
            (await run.SendAsync(new Call("POST", "/v1/sessions") { Authorization = $"Bearer {run.Options.EmptyKey}" })).ExpectError(402, "payment_required")) with { Needs = Needs.EmptyKey },
    ];

    private static void ExpectChallenge(Answer answer, string scheme) =>
        Expect.True(answer.Headers.WwwAuthenticate.Any(challenge => challenge.Scheme == scheme), $"{answer.Request} without credentials: the header WWW-Authenticate: {scheme} is missing.");

    /// <summary>Returns values of <c>Authorization</c> that are close to a valid one.</summary>
    private static string[] GetMalformed(string key) =>
    [
        "", " ", "Bearer", "Bearer ", key, $"Token {key}", $"Bearer: {key}", $"Bearer{key}", $"Bearer \"{key}\"", $"Bearer {key} x", $"Bearer {key}, Bearer {key}", $"Bearer token={key}",
        "Bearer cha_live_", "Bearer cha_test_", "Bearer cha_beta_a-test", "Bearer CHA_TEST_a-test", "Bearer cha_test-a-test", "Bearer sk_test_a-test", "Bearer cha_test_a.test", "Bearer cha_test_a+b/c=",
        $"Bearer cha_test_{new string('k', 129)}", $"Bearer cha_test_{new string('k', 8_000)}",
    ];

    /// <summary>A server may accept any well-formed key, each with its own workspace: the check then has nothing to test.</summary>
    private static async Task VerifyUnknownKeyAsync(ConformanceRun run)
    {
        var key = "cha_test_" + Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
        var answer = await run.SendAsync(new Call("GET", "/v1/sessions") { Authorization = $"Bearer {key}" });
        if (answer.Status == 200 && answer.Json.Items("data", answer.Request).Count == 0)
            throw new CheckSkippedException("The server accepts any well-formed key and gives it an empty workspace. Test with known keys only (in the emulator Auth:Mode=strict).");
        answer.ExpectError(401, "unauthorized");
    }

    private static Task<Answer> AsOtherAsync(ConformanceRun run, string method, string path) => run.SendAsync(new Call(method, path) { Authorization = $"Bearer {run.Options.OtherKey}" });
}
