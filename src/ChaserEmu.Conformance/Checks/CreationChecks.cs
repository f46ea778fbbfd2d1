using System.Globalization;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>POST /v1/sessions</c>.</summary>
internal static class CreationChecks
{
    private static readonly Source Page = Lifecycle("Creation");
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly (string Id, string Body, string Field)[] InvalidBodies =
    [
        ("ttl-59", """{"ttl_seconds":59}""", "ttl_seconds"),
        ("ttl-3601", """{"ttl_seconds":3601}""", "ttl_seconds"),
        ("ttl-0", """{"ttl_seconds":0}""", "ttl_seconds"),
        ("ttl-negative", """{"ttl_seconds":-60}""", "ttl_seconds"),
        ("ttl-fraction", """{"ttl_seconds":60.5}""", "ttl_seconds"),
        ("ttl-string", """{"ttl_seconds":"600"}""", "ttl_seconds"),
        ("ttl-boolean", """{"ttl_seconds":true}""", "ttl_seconds"),
        ("profile-number", """{"profile":1}""", "profile"),
        ("profile-object", """{"profile":{}}""", "profile"),
    ];

    private static readonly (string Id, string What, string Body, string ContentType)[] AssumedInvalid =
    [
        ("ttl-null", "a null field", """{"ttl_seconds":null}""", "application/json"),
        ("profile-empty", "an empty profile", """{"profile":""}""", "application/json"),
        ("array", "an array as body", "[]", "application/json"),
        ("not-json", "a body that is not JSON", "{", "application/json"),
        ("content-type", "a body that is not declared as JSON", "{}", "text/plain"),
    ];

    public static readonly IReadOnlyList<Check> All =
    [
        Documented("creation.status", "POST without a body creates a session: 201", Page, async run => (await run.OpenSessionAsync()).Created.Expect(201)),
        Documented("creation.json", "The answer is JSON", Page, async run =>
            Expect.Equal("The content type of the 201", "application/json", (await run.OpenSessionAsync()).Created.ContentType)),
        Documented("creation.fields", "The answer has exactly the six documented fields", Page, async run =>
            Expect.Fields((await run.OpenSessionAsync()).Created.Json, "The 201", "id", "object", "status", "cdp_url", "created_at", "expires_at")),
        Documented("creation.id", "id is sess_ and a UUID of version 7", Page, async run =>
            Formats.Expect((await run.OpenSessionAsync()).Created.Get("id"), "id", "session id")),
        Documented("creation.id-time", "The time in the UUID is created_at", Page, async run =>
        {
            var created = (await run.OpenSessionAsync()).Created;
            Formats.Expect(created.Get("id"), "id", "session id");
            var milliseconds = long.Parse(created.Text("id")[5..].Replace("-", "", StringComparison.Ordinal)[..12], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            Expect.Near("The time from created_at to the time in the id", TimeSpan.Zero, DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) - created.Json.Time("created_at", "The 201"), Second);
        }),
        Documented("creation.id-unique", "Each session has its own id", Page, async run =>
            Expect.True((await run.OpenSessionAsync()).Id != (await run.DeletedSessionAsync()).Session.Id, "Two creations answered the same id.")),
        Documented("creation.object", "object is session", Page, async run => Expect.Equal("object", "session", (await run.OpenSessionAsync()).Created.Text("object"))),
        Documented("creation.creating", "status is creating", Page, async run => Expect.Equal("status", "creating", (await run.OpenSessionAsync()).Created.Text("status"))),
        Documented("creation.cdp-url", "cdp_url is a WebSocket URL that ends with /sessions/ and the id", Page, async run =>
        {
            var created = (await run.OpenSessionAsync()).Created;
            Formats.Expect(created.Get("cdp_url"), "cdp_url", "ws or wss URL");
            Expect.True(created.Text("cdp_url").EndsWith($"/sessions/{created.Text("id")}", StringComparison.Ordinal), $"cdp_url must end with /sessions/{created.Text("id")}, but is {created.Text("cdp_url")}.");
        }),
        .. new[] { "created_at", "expires_at" }.Select(name => Documented($"creation.{name.Replace('_', '-')}", $"{name} is UTC with six fractional digits", Page, async run =>
            Formats.Expect((await run.OpenSessionAsync()).Created.Get(name), name, "UTC timestamp with 6 fractional digits"))),
        Documented("creation.default-ttl", "Without ttl_seconds, the session expires 1800 s after its creation", Page, async run =>
            ExpectLifetime((await run.OpenSessionAsync()).Created, 1800)),
        Documented("creation.ttl-3600", "ttl_seconds 3600 is accepted and sets expires_at", Page, async run => ExpectLifetime((await run.DeletedSessionAsync()).Session.Created, 3600)),
        Documented("creation.ttl-60", "ttl_seconds 60 is accepted and sets expires_at", Page, async run => ExpectLifetime((await run.ExpiredSessionAsync()).Created, 60)) with { Stage = Stage.Waiting },
        Documented("creation.profile", "profile is accepted", Page, async run => (await run.DeletedSessionAsync()).Session.Created.Expect(201)),
        Documented("creation.empty-object", "An empty object is accepted as a body", Page, async run => ExpectLifetime((await run.EarlyDeletedSessionAsync()).Session.Created, 1800)),
        .. InvalidBodies.Select(invalid => Documented($"creation.invalid-{invalid.Id}", $"{invalid.Body} gets 400", Page, async run => (await run.CreateAsync(invalid.Body)).Expect(400))),
        .. InvalidBodies.DistinctBy(invalid => invalid.Field).Select(invalid =>
            Documented($"creation.message-{invalid.Field.Replace('_', '-')}", $"The message of 400 names the field {invalid.Field}", Summary("Errors"), async run =>
            {
                var message = (await run.CreateAsync(invalid.Body)).Expect(400).Get("error").Text("message", "400");
                Expect.True(message.Contains(invalid.Field, StringComparison.Ordinal), $"The message of 400 must name {invalid.Field}, but is '{message}'.");
            })),
        Assumed("creation.invalid-code", "The code of 400 is invalid_request", Summary("Errors"), async run => (await run.CreateAsync("""{"ttl_seconds":59}""")).ExpectError(400, "invalid_request")),
        .. AssumedInvalid.Select(invalid => Assumed($"creation.assumed-{invalid.Id}", $"A creation with {invalid.What} gets 400 invalid_request", Page, async run =>
            (await run.SendAsync(new Call("POST", "/v1/sessions") { Authorization = $"Bearer {run.Options.Key}", Body = invalid.Body, ContentType = invalid.ContentType })).ExpectError(400, "invalid_request"))),
        Assumed("creation.unknown-field", "Unknown fields are ignored", Page, async run =>
        {
            var answer = (await run.CreateAsync("""{"not_documented":1}""")).Expect(201);
            await run.DeleteAsync($"/v1/sessions/{answer.Text("id")}");
        }),
    ];

    private static void ExpectLifetime(Answer created, int seconds) => Expect.Near(
        "The time from created_at to expires_at", TimeSpan.FromSeconds(seconds), created.Json.Time("expires_at", created.Request) - created.Json.Time("created_at", created.Request), Second);
}
