using System.Text.Json;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>GET /v1/sessions/{id}</c> and the session object.</summary>
internal static class SessionChecks
{
    public static readonly string[] Fields =
    [
        "id", "object", "status", "device", "cdp_url", "bytes_up", "bytes_down", "proxy_ip", "proxy_region",
        "created_at", "ready_at", "expires_at", "ended_at", "ended_reason",
    ];

    private static readonly Source Page = Summary("Sessions");
    private static readonly string[] Statuses = ["creating", "ready", "closed", "error"];
    private static readonly string[] Reasons = ["client_delete", "ttl_expired", "idle_expired", "abandoned_orphan", "substrate_down"];

    /// <summary>What each field must be, in each status. The rule throws if the value breaks it.</summary>
    private static readonly (string Name, string Rule, Action<JsonElement, string> Verify)[] FieldRules =
    [
        ("id", "is sess_ and a UUID of version 7", (value, _) => Formats.Expect(value, "id", "session id")),
        ("object", "is session", (value, _) => Expect.Equal("object", "\"session\"", value.GetRawText())),
        ("status", "is creating, ready, closed or error", (value, _) => ExpectOneOf("status", value, Statuses)),
        ("device", "is null until the session is ready, then a text", (value, status) => ExpectKnown("device", value, status == "ready", status == "creating")),
        ("cdp_url", "is a WebSocket URL in each status", (value, _) => Formats.Expect(value, "cdp_url", "ws or wss URL")),
        ("bytes_up", "is an integer from 0", (value, _) => ExpectCount("bytes_up", value)),
        ("bytes_down", "is an integer from 0", (value, _) => ExpectCount("bytes_down", value)),
        ("proxy_ip", "is null or a text, and null while creating", (value, status) => ExpectKnown("proxy_ip", value, false, status == "creating")),
        ("proxy_region", "is null or a text, and null while creating", (value, status) => ExpectKnown("proxy_region", value, false, status == "creating")),
        ("created_at", "is UTC with six fractional digits", (value, _) => ExpectTime("created_at", value)),
        ("ready_at", "is null while creating, then UTC with six fractional digits", (value, status) => ExpectKnownTime("ready_at", value, status == "ready", status == "creating")),
        ("expires_at", "is UTC with six fractional digits", (value, _) => ExpectTime("expires_at", value)),
        ("ended_at", "is null while the session is open, then UTC with six fractional digits", (value, status) => ExpectKnownTime("ended_at", value, status is "closed" or "error", status is "creating" or "ready")),
        ("ended_reason", "is null while the session is open, then one of the five documented reasons", (value, status) =>
        {
            ExpectKnown("ended_reason", value, status == "closed", status is "creating" or "ready");
            if (value.ValueKind is JsonValueKind.String) ExpectOneOf("ended_reason", value, Reasons);
        }),
    ];

    public static readonly IReadOnlyList<Check> All =
    [
        Documented("session.fields", "A session has exactly the 14 documented fields, in each status", Page, async run =>
        {
            foreach (var session in await run.FullSessionsAsync()) Expect.Fields(session, "A session", Fields);
        }),
        .. FieldRules.Select(rule => Documented($"session.{rule.Name.Replace('_', '-')}", $"{rule.Name} {rule.Rule}", Page, async run =>
        {
            foreach (var session in await run.FullSessionsAsync()) rule.Verify(session.Field(rule.Name, "A session"), session.Text("status", "A session"));
        })),
        Documented("session.becomes-ready", "A new session becomes ready", Lifecycle("Polling for readiness"), run => run.ReadySessionAsync()),
        Documented("session.status-order", "The status goes from creating to ready and never back", Page, async run =>
        {
            var session = await run.ReadySessionAsync();
            var again = (await run.GetAsync(session.Path)).Expect(200);
            Expect.Equal("The status of a ready session at the next poll", "ready", again.Text("status"));
            Expect.True(session.Polls.SkipLast(1).All(poll => poll.Text("status") == "creating"), "The status before ready must be creating.");
        }),
        .. new[] { "id", "cdp_url", "created_at", "expires_at" }.Select(name => Documented($"session.same-{name.Replace('_', '-')}", $"{name} is the same in the answer to the creation and afterwards", Lifecycle("Creation"), async run =>
        {
            var session = await run.OpenSessionAsync();
            foreach (var poll in session.Polls) Expect.Equal(name, session.Created.Text(name), poll.Text(name));
        })),
        Documented("session.ready-at-order", "ready_at is between created_at and expires_at", Page, async run =>
        {
            var ready = (await run.ReadySessionAsync()).Last;
            var time = ready.Json.Time("ready_at", ready.Request);
            Expect.True(time >= ready.Json.Time("created_at", ready.Request) && time < ready.Json.Time("expires_at", ready.Request), $"ready_at must be between created_at and expires_at, but the session is {ready.Json.GetRawText()}.");
        }),
        Documented("session.head-of-list", "GET /v1/sessions/{id} and the list show the same session", Page, async run =>
        {
            var session = await run.OpenSessionAsync();
            var list = (await run.GetAsync("/v1/sessions?limit=100")).Expect(200);
            var listed = list.Json.Items("data", list.Request).FirstOrDefault(item => item.Text("id", list.Request) == session.Id);
            Expect.True(listed.ValueKind is JsonValueKind.Object, "The list does not contain the session.");
            foreach (var name in new[] { "cdp_url", "created_at", "expires_at" }) Expect.Equal($"{name} in the list", session.Created.Text(name), listed.Text(name, list.Request));
        }),
        Assumed("session.head", "HEAD answers as GET, without a body", Page, async run =>
        {
            var answer = await run.SendAsync(new Call("HEAD", (await run.OpenSessionAsync()).Path) { Authorization = $"Bearer {run.Options.Key}" });
            Expect.Equal("The length of the body of HEAD", 0, answer.Expect(200).Body.Length);
        }),
        Assumed("session.provisioning-time", "A session is ready within 60 s (15 to 25 s are documented as usual)", Lifecycle("Creation"), async run =>
        {
            var ready = (await run.ReadySessionAsync()).Last;
            Expect.True(ready.Json.Time("ready_at", ready.Request) - ready.Json.Time("created_at", ready.Request) <= TimeSpan.FromSeconds(60), "The session was ready after more than 60 s.");
        }),
    ];

    private static void ExpectOneOf(string name, JsonElement value, string[] allowed) =>
        Expect.True(value.ValueKind is JsonValueKind.String && allowed.Contains(value.GetString()), $"{name} must be one of {string.Join(", ", allowed)}, but is {value.GetRawText()}.");

    private static void ExpectCount(string name, JsonElement value) =>
        Expect.True(value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var count) && count >= 0, $"{name} must be an integer from 0, but is {value.GetRawText()}.");

    private static void ExpectTime(string name, JsonElement value) => Formats.Expect(value, name, "UTC timestamp with 6 fractional digits");

    private static void ExpectKnown(string name, JsonElement value, bool mustBeKnown, bool mustBeNull)
    {
        Expect.True(value.ValueKind is JsonValueKind.Null or JsonValueKind.String, $"{name} must be null or a text, but is {value.GetRawText()}.");
        Expect.True(!mustBeKnown || value.ValueKind is JsonValueKind.String, $"{name} must not be null in this status.");
        Expect.True(!mustBeNull || value.ValueKind is JsonValueKind.Null, $"{name} must be null in this status, but is {value.GetRawText()}.");
    }

    private static void ExpectKnownTime(string name, JsonElement value, bool mustBeKnown, bool mustBeNull)
    {
        ExpectKnown(name, value, mustBeKnown, mustBeNull);
        if (value.ValueKind is JsonValueKind.String) ExpectTime(name, value);
    }
}
