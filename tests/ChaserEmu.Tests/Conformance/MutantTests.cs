using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ChaserEmu.Conformance;

namespace ChaserEmu.Tests.Conformance;

/// <summary>One wrong server: the emulator, with one kind of answer changed.</summary>
/// <param name="Check">The check that detects it.</param>
/// <param name="Operation">The answer that is changed, such as <c>GET /v1/sessions/{id} 200</c>.</param>
/// <param name="What">What is wrong.</param>
/// <param name="Change">Changes the answer and its body.</param>
internal sealed record Mutant(string Check, string Operation, string What, Action<HttpResponseMessage, JsonNode?> Change);

/// <summary>Wrong servers, each with the check that detects it.</summary>
public sealed class MutantTests(MutantTests.Server server) : IClassFixture<MutantTests.Server>
{
    /// <summary>The emulator behind all mutants. Each has a workspace of its own.</summary>
    public sealed class Server : IAsyncLifetime
    {
        internal Emulator Emulator { get; } = Emulator.Start();

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync() => await Emulator.DisposeAsync();
    }

    private const string Create = "POST /v1/sessions 201";
    private const string Get = "GET /v1/sessions/{id} 200";
    private const string List = "GET /v1/sessions 200";
    private const string Delete = "DELETE /v1/sessions/{id} 204";
    private const string DeleteAgain = "DELETE /v1/sessions/{id} 409";
    private const string Refused = "POST /v1/sessions 429";
    private const string Invalid = "POST /v1/sessions 400";
    private const string Usage = "GET /v1/usage 200";
    private const string Keys = "GET /v1/keys 200";
    private const string Rotate = "POST /v1/keys/{id}/rotate 200";

    private static readonly Mutant[] All =
    [
        .. Set(Create, ("creation.id", "id", "sess_1"), ("creation.object", "object", "Session"), ("creation.creating", "status", "ready"), ("creation.cdp-url", "cdp_url", null),
            ("creation.cdp-url", "cdp_url", "http://127.0.0.1/sessions/x"), ("creation.created-at", "created_at", "2026-06-13T11:49:20Z"), ("creation.expires-at", "expires_at", "2026-06-13T11:49:20.651Z"),
            ("creation.default-ttl", "expires_at", "2126-06-13T11:49:20.651182Z"), ("creation.empty-object", "expires_at", "2126-06-13T11:49:20.651182Z"), ("creation.ttl-3600", "expires_at", "2126-06-13T11:49:20.651182Z"),
            ("creation.id-time", "created_at", "2020-06-13T11:49:20.651182Z"), ("creation.fields", "bytes_up", 0), ("session.same-created-at", "created_at", "2020-06-13T11:49:20.651182Z")),
        .. Set(Get, ("session.id", "id", "1"), ("session.object", "object", "browser"), ("session.status", "status", "open"), ("session.device", "device", null), ("session.cdp-url", "cdp_url", null),
            ("session.bytes-up", "bytes_up", "0"), ("session.bytes-down", "bytes_down", -1), ("session.proxy-ip", "proxy_ip", 1), ("session.proxy-region", "proxy_region", 1),
            ("session.created-at", "created_at", "2026-06-13T11:49:20Z"), ("session.ready-at", "ready_at", null), ("session.expires-at", "expires_at", null), ("session.ended-at", "ended_at", "2026-06-13T11:49:20.651182Z"),
            ("session.ended-reason", "ended_reason", "deleted"), ("session.fields", "page_url", null), ("session.becomes-ready", "status", "error"), ("session.same-cdp-url", "cdp_url", "ws://127.0.0.1/other"),
            ("session.same-expires-at", "expires_at", "2126-06-13T11:49:20.651182Z"), ("session.ready-at-order", "ready_at", "2020-06-13T11:49:20.651182Z"),
            ("end.closed", "status", "ready"), ("end.client-delete", "ended_reason", "ttl_expired"), ("end.ended-at", "ended_at", "2126-06-13T11:49:20.651182Z"), ("end.delete-early", "ended_reason", "idle_expired")),
        .. Set(List, ("list.fields", "total", 1), ("list.object", "object", "array"), ("list.has-more", "has_more", false), ("list.has-more", "next_cursor", null), ("list.last-page", "next_cursor", "x")),
        Json("list.newest-first", List, "the oldest session first", list => list["data"] = new JsonArray([.. list["data"]!.AsArray().Reverse().Select(item => item!.DeepClone())])),
        Json("list.limit", List, "limit is ignored", list => list["data"]!.AsArray().Add(list["data"]![0]!.DeepClone())),
        Json("list.cursor", List, "the cursor is ignored", list => list["data"]![0]!["id"] = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854"),
        Json("list.ended", List, "ended sessions are left out", list => list["data"] = new JsonArray([.. list["data"]!.AsArray().Where(item => item!["ended_at"] is null).Select(item => item!.DeepClone())])),
        Status("creation.status", Create, 200),
        Status("end.delete", Delete, 200),
        Status("end.delete-early", Delete, 202),
        Status("end.delete-again", DeleteAgain, 204),
        Status("creation.invalid-ttl-59", Invalid, 422),
        Status("list.invalid-limit-101", "GET /v1/sessions 400", 200),
        Status("error.unknown-session", "GET /v1/sessions/{id} 404", 403),
        Status("error.unknown-path", "GET /v1/nothing-here 404", 200),
        Status("authentication.missing", "GET /v1/sessions 401", 403),
        Status("authentication.malformed", "GET /v1/sessions 401", 200),
        Status("authentication.cookie-keys", "GET /v1/keys 401", 200),
        Status("key.revoke", "DELETE /v1/keys/{id} 204", 200),
        Status("key.revoked", "GET /v1/sessions 401", 200),
        Status("key.unknown-delete", "DELETE /v1/keys/{id} 404", 204),
        Status("billing.below-minimum", "POST /v1/billing/topup 400", 200),
        Status("billing.minimum", "POST /v1/billing/topup 200", 400),
        Json("end.delete-again", DeleteAgain, "another code", error => error["error"]!["code"] = "conflict"),
        Json("end.delete-again-message", DeleteAgain, "another message", error => error["error"]!["message"] = "Closed."),
        Json("error.envelope-400", Invalid, "one more field", error => error["error"]!["field"] = "ttl_seconds"),
        Json("error.envelope-404-session", "GET /v1/sessions/{id} 404", "no envelope", error => { error.AsObject().Remove("error"); error["code"] = "session_not_found"; }),
        Json("creation.message-ttl-seconds", Invalid, "a message without the field", error => error["error"]!["message"] = "Invalid."),
        Json("authentication.message", "GET /v1/usage 401", "another message", error => error["error"]!["message"] = "No."),
        .. Set(Usage, ("usage.period", "period", "month"), ("usage.from", "from", "2026-06-02T00:00:00Z"), ("usage.to", "to", "2026-06-13T11:49:20Z"), ("usage.fields", "balance", 1)),
        Json("usage.bytes-total", Usage, "a wrong sum", usage => usage["totals"]!["bytes_total"] = 7),
        Json("usage.price", Usage, "a wrong price", usage => usage["totals"]!["billed_micro_usd"] = 1),
        Json("usage.by-key-sessions", Usage, "a wrong number of sessions", usage => usage["by_key"]![0]!["sessions"] = 99),
        Json("usage.by-day-fields", Usage, "a day without sessions", usage => usage["by_day"]![0]!.AsObject().Remove("sessions")),
        Json("usage.days", Usage, "a missing day", usage => usage["by_day"]!.AsArray().RemoveAt(0)),
        Json("key.fields", Keys, "one more field", keys => keys["keys"]![0]!["secret"] = "x"),
        Json("key.id", Keys, "ids with a prefix", keys => keys["keys"]![0]!["id"] = "key_1"),
        Json("key.created-at", Keys, "timestamps with fractional digits", keys => keys["keys"]![0]!["created_at"] = "2026-06-13T11:49:20.651182Z"),
        .. Set("POST /v1/keys 201", ("key.secret-form", "secret", "sk_1"), ("key.secret-prefix", "prefix", "cha_test_")),
        .. Set(Rotate, ("key.rotate", "id", "68c58c43"), ("key.rotated-works", "secret", "cha_other")),
        .. Set("POST /v1/billing/topup 200", ("billing.topup", "checkout_url", "/checkout")),
        Json("limit.concurrency-code", Refused, "another code", error => error["error"]!["code"] = "too_many"),
        Json("limit.concurrency-message", Refused, "another message", error => error["error"]!["message"] = "No."),
        Json("limit.rate-code", Refused, "another code", error => error["error"]!["code"] = "too_many"),
        Json("limit.rate-message", Refused, "another message", error => error["error"]!["message"] = "No."),
        new("limit.concurrency-retry-after", Refused, "no Retry-After", (answer, _) => answer.Headers.RetryAfter = null),
        new("limit.rate-retry-after", Refused, "no Retry-After", (answer, _) => answer.Headers.RetryAfter = null),
        new("creation.json", Create, "another content type", (answer, _) => answer.Content.Headers.ContentType = new MediaTypeHeaderValue("text/plain")),
        new("end.no-body", Delete, "a body", (answer, _) => { answer.StatusCode = HttpStatusCode.NoContent; answer.Content = new StringContent("{}"); }),
    ];

    public static TheoryData<int, string> Rows
    {
        get
        {
            var rows = new TheoryData<int, string>();
            for (var index = 0; index < All.Length; index++) rows.Add(index, $"{All[index].Operation}: {All[index].What}");
            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_wrong_server_is_detected(int index, string what)
    {
        var mutant = All[index];

        var result = await RunAsync(mutant, index);

        Assert.True(result.Outcome is Outcome.Failed, $"{what} survives {mutant.Check}: {result.Outcome} {result.Message}");
    }

    /// <summary>Without a change, the same checks pass: what fails is the change.</summary>
    [Fact]
    public async Task The_unchanged_server_passes()
    {
        var options = Options("cha_test_unchanged") with { Only = [.. All.Select(mutant => mutant.Check).Where(check => !check.StartsWith("limit.", StringComparison.Ordinal)).Distinct()] };

        var report = await new ConformanceRunner(options, TextWriter.Null).RunAsync(CancellationToken.None);

        Assert.True(All.Length >= 60);
        Assert.Empty(report.Results.Where(result => result.Outcome is not Outcome.Passed).Select(result => $"{result.Check.Id}: {result.Message}"));
    }

    private async Task<CheckResult> RunAsync(Mutant mutant, int index)
    {
        using var handler = new MutantServer(mutant);
        var options = Options($"cha_test_mutant-{index}") with { Only = [mutant.Check], Handler = handler };
        var report = await new ConformanceRunner(options, TextWriter.Null).RunAsync(CancellationToken.None);
        return report.Results.Single(result => result.Check.Id == mutant.Check);
    }

    private ConformanceOptions Options(string key) => new() { BaseUrl = server.Emulator.Address, Key = key, Cookie = key };

    private static IEnumerable<Mutant> Set(string operation, params (string Check, string Field, object? Value)[] fields) =>
        fields.Select(field => Json(field.Check, operation, $"{field.Field} is {field.Value ?? "null"}", json => json[field.Field] = System.Text.Json.JsonSerializer.SerializeToNode(field.Value)));

    private static Mutant Json(string check, string operation, string what, Action<JsonNode> change) => new(check, operation, what, (_, json) => change(json!));

    private static Mutant Status(string check, string operation, int status) => new(check, operation, $"status {status}", (answer, _) => answer.StatusCode = (HttpStatusCode)status);
}
