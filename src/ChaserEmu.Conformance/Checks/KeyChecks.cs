using System.Text.Json;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>/v1/keys</c>, with the cookie of the dashboard.</summary>
internal static class KeyChecks
{
    private const string Unknown = "/v1/keys/68c58c43-dafc-433c-9d19-3719ab740159";
    private static readonly Source Page = Summary("Bytes and money");
    private static readonly Source Authentication = Summary("Authentication");

    public static readonly IReadOnlyList<Check> All =
    [
        .. WithNeeds(Needs.Cookie,
        [
            Assumed("key.create", "POST /v1/keys creates a key: 201", Page, async run => (await CreateAsync(run)).Expect(201)),
            Documented("key.list-fields", "A list of keys has exactly the field keys", Page, async run => Expect.Fields((await ListAsync(run)).Json, "The list of keys", "keys")),
            Documented("key.fields", "A key has exactly the six documented fields", Page, run => ForEachAsync(run, key => Expect.Fields(key, "A key", "id", "name", "prefix", "created_at", "last_used_at", "revoked_at"))),
            Documented("key.id", "The id of a key is a UUID", Page, run => ForEachAsync(run, key => Formats.Expect(key.Field("id", "A key"), "id", "UUID"))),
            Documented("key.name", "name is a text", Page, run => ForEachAsync(run, key => key.Text("name", "A key"))),
            Documented("key.prefix", "prefix is the start of a key", Authentication, run => ForEachAsync(run, key => Formats.Expect(key.Field("prefix", "A key"), "prefix", "key prefix"))),
            Documented("key.created-at", "created_at is UTC without fractional digits", Page, run => ForEachAsync(run, key => Formats.Expect(key.Field("created_at", "A key"), "created_at", "UTC timestamp without fractional digits"))),
            Assumed("key.created-fields", "A new key has exactly the fields id, name, prefix, secret and created_at", Page, async run => ExpectNewKey(await NewKeyAsync(run), "conform")),
            Assumed("key.rotated-fields", "A rotated key has the same fields, and the name of the old one", Page, async run => ExpectNewKey((await RotatedAsync(run)).New, "conform-rotated")),
            Assumed("key.invalid-name", "A key without a text as name gets 400 invalid_request", Page, async run => (await run.DashboardAsync("POST", "/v1/keys", """{"name":1}""")).ExpectError(400, "invalid_request")),
            .. new[] { "last_used_at", "revoked_at" }.Select(name => Documented($"key.{name.Replace('_', '-')}", $"{name} is null, or UTC without fractional digits", Page, run => ForEachAsync(run, key =>
            {
                if (key.Field(name, "A key") is { ValueKind: not JsonValueKind.Null } time) Formats.Expect(time, name, "UTC timestamp without fractional digits");
            }))),
            Documented("key.secret-form", "A new secret is cha_live_ or cha_test_ and 43 url-safe characters", Authentication, async run => Formats.Expect((await NewKeyAsync(run)).Get("secret"), "secret", "key secret")),
            Documented("key.secret-prefix", "prefix is the first 16 characters of the secret", Authentication, async run => Expect.Equal("prefix", (await NewKeyAsync(run)).Text("secret")[..16], (await NewKeyAsync(run)).Text("prefix"))),
            Documented("key.secret-once", "No list shows the secret", Authentication, async run =>
            {
                var secret = (await NewKeyAsync(run)).Text("secret");
                Expect.True(!(await ListAsync(run)).Json.GetRawText().Contains(secret, StringComparison.Ordinal), "The list of keys contains a secret.");
            }),
            Documented("key.works", "A new key works at once", Authentication, async run => (await UseAsync(run, await NewKeyAsync(run))).Expect(200)),
            Documented("key.rotate", "Rotating a key answers a new id and a new secret", Page, async run =>
            {
                var (old, rotated) = await RotatedAsync(run);
                Formats.Expect(rotated.Get("id"), "id", "UUID");
                Formats.Expect(rotated.Get("secret"), "secret", "key secret");
                Expect.True(rotated.Text("id") != old.Text("id") && rotated.Text("secret") != old.Text("secret"), "The id and the secret must be new.");
            }),
            Documented("key.rotated-works", "The new key of a rotation works", Page, async run => (await UseAsync(run, (await RotatedAsync(run)).New)).Expect(200)),
            Documented("key.grace", "The old key works until the grace ends", Page, async run => (await UseAsync(run, (await RotatedAsync(run)).Old)).Expect(200)),
            Documented("key.revoke", "DELETE of a key answers 204", Page, async run => (await RevokedAsync(run)).Deleted.Expect(204)),
            Documented("key.revoked", "A revoked key gets 401 unauthorized", Authentication, async run => (await UseAsync(run, (await RevokedAsync(run)).Key)).ExpectError(401, "unauthorized")),
            Documented("key.revoked-at-set", "revoked_at of a revoked key is set", Page, async run =>
            {
                var id = (await RevokedAsync(run)).Key.Text("id");
                var keys = (await ListAsync(run)).Json.Items("keys", "The list of keys");
                Expect.True(keys.All(key => key.Text("id", "A key") != id || key.Field("revoked_at", "A key").ValueKind is JsonValueKind.String), "revoked_at of a revoked key is null.");
            }),
            Documented("key.unknown-delete", "DELETE of an unknown key gets 404 not_found", Summary("Errors"), async run => (await run.DashboardAsync("DELETE", Unknown)).ExpectError(404, "not_found")),
            Documented("key.unknown-rotate", "Rotating an unknown key gets 404 not_found", Summary("Errors"), async run => (await run.DashboardAsync("POST", Unknown + "/rotate", """{"grace_days":7}""")).ExpectError(404, "not_found")),
            Assumed("key.rotate-twice", "Rotating a key twice gets 404 not_found", Page, async run => (await run.DashboardAsync("POST", $"/v1/keys/{(await RotatedAsync(run)).Old.Text("id")}/rotate")).ExpectError(404, "not_found")),
            Assumed("key.grace-31", "grace_days above 30 gets 400 invalid_request", Page, async run => (await run.DashboardAsync("POST", $"/v1/keys/{(await NewKeyAsync(run)).Text("id")}/rotate", """{"grace_days":31}""")).ExpectError(400, "invalid_request")),
        ]),
    ];

    private static void ExpectNewKey(Answer answer, string name)
    {
        Expect.Fields(answer.Json, "A new key", "id", "name", "prefix", "secret", "created_at");
        Formats.Expect(answer.Get("id"), "id", "UUID");
        Expect.Equal("name", name, answer.Text("name"));
        Formats.Expect(answer.Get("prefix"), "prefix", "key prefix");
        Formats.Expect(answer.Get("created_at"), "created_at", "UTC timestamp without fractional digits");
    }

    private static async Task<Answer> ListAsync(ConformanceRun run) => (await run.DashboardAsync("GET", "/v1/keys")).Expect(200);

    private static async Task ForEachAsync(ConformanceRun run, Action<JsonElement> verify)
    {
        var list = await ListAsync(run);
        var keys = list.Json.Items("keys", list.Request);
        if (keys.Count == 0) throw new CheckSkippedException("The workspace has no key.");
        foreach (var key in keys) verify(key);
    }

    private static Task<Answer> CreateAsync(ConformanceRun run) => run.ObserveAsync("key", () => run.DashboardAsync("POST", "/v1/keys", """{"name":"conform","test_mode":true}"""));

    /// <summary>How keys are created over HTTP is not documented, so a server without it is not tested further.</summary>
    private static async Task<Answer> NewKeyAsync(ConformanceRun run) => OrSkip(await CreateAsync(run));

    private static Answer OrSkip(Answer created) =>
        created.Status == 201 ? created : throw new CheckSkippedException($"The server does not create keys with POST /v1/keys ({created.Status}); how it does is not documented.");

    private static Task<(Answer Old, Answer New)> RotatedAsync(ConformanceRun run) => run.ObserveAsync("rotated key", async () =>
    {
        var old = OrSkip(await run.DashboardAsync("POST", "/v1/keys", """{"name":"conform-rotated","test_mode":true}"""));
        return (old, (await run.DashboardAsync("POST", $"/v1/keys/{old.Text("id")}/rotate", """{"grace_days":7}""")).Expect(200));
    });

    private static Task<(Answer Key, Answer Deleted)> RevokedAsync(ConformanceRun run) => run.ObserveAsync("revoked key", async () =>
    {
        var key = OrSkip(await run.DashboardAsync("POST", "/v1/keys", """{"name":"conform-revoked","test_mode":true}"""));
        return (key, await run.DashboardAsync("DELETE", $"/v1/keys/{key.Text("id")}"));
    });

    private static Task<Answer> UseAsync(ConformanceRun run, Answer key) => run.SendAsync(new Call("GET", "/v1/sessions?limit=1") { Authorization = $"Bearer {key.Text("secret")}" });
}
