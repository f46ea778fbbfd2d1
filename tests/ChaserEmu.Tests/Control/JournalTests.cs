using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChaserEmu.Control;
using ChaserEmu.Events;
using ChaserEmu.Journal;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/journal</c>: recorded API calls.</summary>
public sealed class JournalTests
{
    [Fact]
    public async Task A_call_is_recorded_with_its_request_and_response()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient("cha_test_a-key-of-some-length");
        await emulator.FreezeAsync();
        var created = await client.CreateSessionAsync(new { ttl_seconds = 600 });
        await client.GetAsync("/v1/sessions?limit=7");
        await client.GetAsync("/v1/sessions/made-up");
        await client.GetAsync($"/sessions/{created.Id()}");
        await client.DeleteAsync($"/v1/sessions/{created.Id()}");

        var calls = (await FindAsync(emulator)).GetProperty("entries").EnumerateArray().ToList();

        Assert.Equal(["createSession", "listSessions", "getSession", null, "deleteSession"], calls.Select(call => call.Text("operation")));
        Assert.Equal([201, 200, 404, 409, 204], calls.Select(call => call.GetProperty("status").GetInt32()));
        Assert.Equal([1, 2, 3, 4, 5], calls.Select(call => call.GetProperty("sequence").GetInt32()));
        var creation = calls[0];
        Assert.Equal("""{"ttl_seconds":600}""", creation.GetProperty("request_body").GetRawText());
        Assert.Equal(created.GetRawText(), creation.GetProperty("response_body").GetRawText());
        Assert.Equal(("POST", "/v1/sessions", created.Id(), "cha_test_a-key-"), (creation.Text("method"), creation.Text("path"), creation.Text("session_id"), creation.Text("key_prefix")?[..15]));
        Assert.Equal(ChaserEmu.Domain.Timestamp.ToWire(emulator.Clock.GetUtcNow()), creation.Text("at"));
        Assert.Equal("?limit=7", calls[1].Text("query"));
        Assert.Equal("session_not_found", calls[2].Text("error_code"));
        Assert.Equal(("/v1/sessions/{id}", created.Id()), (calls[4].Text("route"), calls[4].Text("session_id")));
        Assert.Equal(JsonValueKind.Null, calls[4].GetProperty("response_body").ValueKind);
    }

    [Fact]
    public async Task The_journal_never_contains_secrets()
    {
        await using var emulator = Emulator.Start("Auth:DashboardCookie=a-secret-cookie");
        using var user = emulator.CreateDashboardClient("a-secret-cookie");
        var made = await (await user.PostAsJsonAsync("/v1/keys", new { name = "cha_live_a-key-as-a-name-by-mistake" })).ReadJsonAsync(HttpStatusCode.Created);
        var rotated = await (await user.PostAsJsonAsync($"/v1/keys/{made.Id()}/rotate", new { })).ReadJsonAsync();
        var checkout = (await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync()).Text("checkout_url")!;
        using var client = emulator.CreateClient(rotated.Text("secret"));
        await client.GetAsync("/v1/sessions?cursor=" + made.Text("secret"));
        await client.GetAsync("/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854/preview?token=a-secret-token");

        var journal = (await FindAsync(emulator)).GetRawText();

        Assert.Contains("\"createKey\"", journal, StringComparison.Ordinal);
        Assert.Contains("?cursor=cha_live_", journal, StringComparison.Ordinal);
        foreach (var secret in (string[])[made.Text("secret")!, rotated.Text("secret")!, checkout[(checkout.LastIndexOf('/') + 1)..], "a-secret-cookie", "a-secret-token", "by-mistake"])
            Assert.DoesNotContain(secret, journal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_journal_never_contains_secrets_that_are_escaped()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using (var body = new StringContent("""{"profile":"cha\u005flive_escaped-by-mistake"}""", Encoding.UTF8, "application/json")) await client.PostAsync("/v1/sessions", body);
        await client.GetAsync("/v1/sessions?cursor=cha%5Flive_escaped-by-mistake");
        await client.GetAsync("/v1/sessions?cursor=cha%5Flive%5Fescaped%2Dby%2Dmistake");
        await client.GetAsync("/v1/sessions/cha%255Flive_escaped-by-mistake");
        using (var request = new HttpRequestMessage(new HttpMethod("cha_live_escaped-by-mistake"), "/v1/sessions")) await client.SendAsync(request);

        var journal = await FindAsync(emulator);

        Assert.Equal(5, journal.GetProperty("entries").GetArrayLength());
        Assert.DoesNotContain("mistake", Uri.UnescapeDataString(journal.GetRawText()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_hit_by_a_fault_has_its_id_with_or_without_a_response()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var refusal = await emulator.AddFaultAsync(new { effect = new { type = "unavailable" }, count = 1 });
        var reset = await emulator.AddFaultAsync(new { effect = new { type = "reset" }, count = 1 });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/v1/usage")).StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => client.PostSessionAsync());

        var calls = (await Eventually.GetAsync(() => FindAsync(emulator), found => found.GetProperty("entries").GetArrayLength() == 2)).GetProperty("entries");

        Assert.Equal([(503, refusal), (0, reset)], calls.EnumerateArray().Select(call => (call.GetProperty("status").GetInt32(), call.Text("fault")!)));
    }

    [Fact]
    public async Task A_call_aborted_at_the_start_of_its_response_is_recorded_once()
    {
        var sequence = new JournalSequence();
        var journal = new CallJournal(Options.Create(new JournalOptions()), sequence);
        var response = new StartingResponse();
        var context = new DefaultHttpContext { RequestAborted = new CancellationToken(canceled: true) };
        context.Request.Path = "/v1/usage";
        context.Features.Set<IHttpResponseFeature>(response);
        await new JournalMiddleware(_ => Task.CompletedTask, journal, new EmulatedClock(TimeProvider.System), new EventFeed(1, default), DeviationHandling.Report, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance).InvokeAsync(context);

        await response.Start();

        Assert.Equal(1, sequence.Last);
    }

    [Fact]
    public async Task A_call_is_recorded_before_its_response_can_be_read()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var client = emulator.CreateClient();
        for (var i = 1; i <= 200; i++)
        {
            await client.CreateSessionAsync();
            Assert.Equal(HttpStatusCode.OK, (await VerifyAsync(emulator, new { match = new { operation = "createSession" }, exactly = i })).StatusCode);
        }
    }

    [Theory]
    [InlineData("""{"match":{"operation":"createSession"},"exactly":2}""", 200)]
    [InlineData("""{"match":{"operation":"createSession"},"exactly":1}""", 422)]
    [InlineData("""{"match":{"operation":"createSession"},"at_least":2}""", 200)]
    [InlineData("""{"match":{"operation":"createSession"},"at_least":3}""", 422)]
    [InlineData("""{"match":{"operation":"createSession"},"at_most":2}""", 200)]
    [InlineData("""{"match":{"operation":"createSession"},"at_most":1}""", 422)]
    [InlineData("""{"match":{"method":"post","path":"/v1/sessions","status":201,"body":{"ttl_seconds":60}},"exactly":1}""", 200)]
    [InlineData("""{"match":{"body":{"ttl_seconds":61}},"exactly":0}""", 200)]
    [InlineData("""{"match":{"key":"cha_test_a-test"},"exactly":2}""", 200)]
    [InlineData("""{"match":{"key":"cha_test_another"},"exactly":1}""", 200)]
    [InlineData("""{"match":{},"exactly":1,"since":2}""", 200)]
    [InlineData("""{"match":{}}""", 400)]
    [InlineData("""{"match":{},"exactly":1,"at_most":2}""", 400)]
    [InlineData("""{"match":{},"exactly":-1}""", 400)]
    [InlineData("""{"match":{"key":"x"},"exactly":1}""", 400)]
    [InlineData("""{"exactly":1}""", 400)]
    public async Task Calls_are_verified_by_their_count(string verification, int status)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var another = emulator.CreateClient("cha_test_another");
        await client.CreateSessionAsync(new { ttl_seconds = 60, profile = "a" });
        await client.CreateSessionAsync();
        await another.GetAsync("/v1/usage");

        using var content = new StringContent(verification, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(status, (int)(await client.PostAsync("/_emu/journal/verify", content)).StatusCode);
    }

    [Fact]
    public async Task A_failed_verification_shows_the_closest_calls_and_the_differences()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await client.CreateSessionAsync(new { ttl_seconds = 61 });
        await client.GetAsync("/v1/usage");

        var failed = await (await VerifyAsync(emulator, new { match = new { operation = "createSession", body = new { ttl_seconds = 60 } }, exactly = 1 })).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);

        Assert.Equal("Expected exactly 1 matching calls, but found 0. The closest was POST /v1/sessions: body.ttl_seconds was 61, expected 60.", failed.Text("detail"));
        Assert.Equal(0, failed.GetProperty("count").GetInt32());
        var closest = failed.GetProperty("closest");
        Assert.Equal("""[{"field":"body.ttl_seconds","expected":"60","actual":"61"}]""", closest[0].GetProperty("differences").GetRawText());
        Assert.Equal("/v1/usage", closest[1].Text("path"));

        var another = await (await VerifyAsync(emulator, new { match = new { path = "/v1/session" }, exactly = 1 })).ReadJsonAsync(HttpStatusCode.UnprocessableEntity);
        Assert.Equal("/v1/sessions", another.GetProperty("closest")[0].GetProperty("differences")[0].Text("actual"));
    }

    [Fact]
    public async Task Verify_returns_409_if_evicted_calls_could_change_the_result()
    {
        await using var emulator = Emulator.Start("Journal:Capacity=3");
        using var client = emulator.CreateClient();
        for (var i = 0; i < 5; i++) await client.GetAsync("/v1/usage");

        Assert.Equal(2, (await FindAsync(emulator)).GetProperty("evicted").GetInt32());
        foreach (var (count, status) in new (object, int)[]
        {
            (new { match = new { operation = "getUsage" }, exactly = 3 }, 409),
            (new { match = new { operation = "getUsage" }, exactly = 5 }, 409),
            (new { match = new { operation = "getUsage" }, exactly = 2 }, 422),
            (new { match = new { operation = "getUsage" }, at_least = 3 }, 200),
            (new { match = new { operation = "getUsage" }, at_least = 4 }, 409),
            (new { match = new { operation = "getUsage" }, at_most = 5 }, 409),
            (new { match = new { operation = "getUsage" }, at_most = 2 }, 422),
            (new { match = new { operation = "getUsage" }, exactly = 3, since = 2 }, 200),
        })
        {
            using var answer = await VerifyAsync(emulator, count);
            Assert.True((int)answer.StatusCode == status, $"{count}: {answer.StatusCode}");
        }

        var unknown = await (await VerifyAsync(emulator, new { match = new { operation = "getUsage" }, exactly = 3 })).ReadJsonAsync(HttpStatusCode.Conflict);
        Assert.Contains("Journal:Capacity", unknown.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_evicted_calls_that_could_match_make_verify_return_409()
    {
        await using var emulator = Emulator.Start("Journal:Capacity=3");
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        using var client = emulator.CreateClient();
        var secret = (await (await user.PostAsJsonAsync("/v1/keys", new { name = "second" })).ReadJsonAsync(HttpStatusCode.Created)).Text("secret");
        using var second = emulator.CreateClient(secret);
        using var other = emulator.CreateClient("cha_test_other");
        using var nobody = emulator.CreateClient(null);
        await nobody.GetAsync("/v1/usage");
        await other.GetAsync("/v1/usage");
        await client.GetAsync("/v1/usage");
        for (var i = 0; i < 3; i++) await second.GetAsync("/v1/usage");
        var workspace = (await FindAsync(emulator)).GetProperty("entries")[0].Text("workspace_id");

        foreach (var (match, status) in new (object, int)[]
        {
            (new { key = secret }, 200),
            (new { key = Emulator.TestKey }, 409),
            (new { key = "cha_test_other" }, 409),
            (new { key = "cha_test_yet-another" }, 422),
            (new { workspace }, 409),
            (new { workspace = "ws_yet-another" }, 422),
            (new { }, 409),
        })
        {
            using var answer = await VerifyAsync(emulator, new { match, exactly = 3 });
            Assert.True((int)answer.StatusCode == status, $"{match}: {answer.StatusCode}");
        }

        await client.DeleteAsync("/_emu/journal?workspace=" + workspace);
        Assert.Equal(HttpStatusCode.OK, (await VerifyAsync(emulator, new { match = new { workspace }, exactly = 0 })).StatusCode);
    }

    [Fact]
    public async Task With_Capacity_0_verify_returns_409()
    {
        await using var emulator = Emulator.Start("Journal:Capacity=0");
        using var client = emulator.CreateClient();
        await client.GetAsync("/v1/usage");

        foreach (var verification in (object[])[new { match = new { }, exactly = 0 }, new { match = new { }, at_least = 1 }, new { match = new { }, at_most = 0 }])
        {
            var unknown = await (await VerifyAsync(emulator, verification)).ReadJsonAsync(HttpStatusCode.Conflict);
            Assert.Equal("Cannot verify: the journal records no calls (Journal:Capacity=0). Start the emulator with Journal:Capacity above 0.", unknown.Text("detail"));
        }
    }

    [Fact]
    public async Task Entries_are_per_workspace_and_removed_by_reset_or_delete()
    {
        await using var emulator = Emulator.Start();
        using var one = emulator.CreateClient("cha_test_one");
        using var other = emulator.CreateClient("cha_test_other");
        await one.GetAsync("/v1/usage");
        await other.GetAsync("/v1/usage");

        var mine = Assert.Single((await FindAsync(emulator, "?key=cha_test_one")).GetProperty("entries").EnumerateArray());
        Assert.Single((await FindAsync(emulator, "?workspace=" + mine.Text("workspace_id"))).GetProperty("entries").EnumerateArray());
        await ResetTests.ResetAsync(emulator, new { key = "cha_test_one" });
        Assert.Equal("cha_test_ot…"[..9], Assert.Single((await FindAsync(emulator)).GetProperty("entries").EnumerateArray()).Text("key_prefix")![..9]);
        Assert.Equal(HttpStatusCode.NoContent, (await one.DeleteAsync("/_emu/journal")).StatusCode);
        Assert.Empty((await FindAsync(emulator)).GetProperty("entries").EnumerateArray());
    }

    [Theory]
    [InlineData("?kee=x", "Unknown query parameter 'kee'")]
    [InlineData("?status=x", "status must be")]
    [InlineData("?status=99999999999", "status must be")]
    [InlineData("?operation=createSesion", "operation must be one of: ")]
    [InlineData("?session=x", "session must be a session id")]
    [InlineData("?since=-1", "since must be")]
    [InlineData("?limit=0", "limit must be")]
    [InlineData("?key=x", "key must be")]
    public async Task An_invalid_query_returns_400_with_the_reason(string query, string why)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        var refused = await (await client.GetAsync("/_emu/journal" + query)).ReadJsonAsync(HttpStatusCode.BadRequest);

        Assert.StartsWith(why, refused.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"match":{"operation":"createSesion"},"exactly":0}""", "match.operation must be one of: streamAudit, topUp, listKeys, createKey,")]
    [InlineData("""{"match":{"operation":"CreateSession"},"exactly":0}""", "match.operation must be one of: ")]
    [InlineData("""{"match":{"method":"PSOT"},"exactly":0}""", "match.method must be one of: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, TRACE, CONNECT.")]
    [InlineData("""{"match":{"error_code":"rate_limit"},"exactly":0}""", "match.error_code must be one of: unauthorized, session_not_found,")]
    [InlineData("""{"match":{"route":"/v1/sessions/{session_id}"},"exactly":0}""", "match.route must be one of: /sessions/{id}, ")]
    [InlineData("""{"match":{"session":"sess_1"},"exactly":0}""", "match.session must be a session id, such as sess_019ec0d0-a88a-73f2-9741-8030dc82a854.")]
    [InlineData("""{"match":{"workspace":"mine"},"exactly":0}""", "match.workspace must be a workspace id, such as ws_0123456789abcdef01234567.")]
    [InlineData("""{"match":{"key":"mine"},"exactly":0}""", "match.key must be cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_test_my-laptop.")]
    [InlineData("""{"match":{"status":2010},"exactly":0}""", "match.status must be a response status from 100 to 599, or 0 for a call without a response.")]
    [InlineData("""{"match":{"path":"v1/sessions"},"exactly":0}""", "match.path must be an API path without a query, such as /v1/sessions.")]
    [InlineData("""{"match":{"path":"/v1/sessions?limit=1"},"exactly":0}""", "match.path must be an API path without a query, such as /v1/sessions.")]
    [InlineData("""{"match":{"operatin":"createSession"},"exactly":0}""", "Unknown field 'match.operatin'. Allowed fields: key, workspace, session, method, path, route, operation, status, error_code, body.")]
    [InlineData("""{"match":{"operation":7},"exactly":0}""", "match.operation must be a string.")]
    [InlineData("""{"match":{"status":"429"},"exactly":0}""", "match.status must be a whole number.")]
    [InlineData("""{"match":{"body":7},"exactly":0}""", "match.body must be a JSON object.")]
    [InlineData("""{"match":{"body":{"profile":"\ud800"}},"exactly":0}""", "match.body has a string with an unpaired surrogate.")]
    [InlineData("""{"match":[],"exactly":0}""", "match must be a JSON object.")]
    [InlineData("""{"match":{},"exactly":0,"times":1}""", "Unknown field 'times'. Allowed fields: match, exactly, at_least, at_most, since.")]
    [InlineData("""{"match":{},"exactly":0,"since":-5}""", "since must be the sequence of an entry, 0 or more.")]
    public async Task A_verification_with_a_typo_returns_400_with_its_field(string verification, string why)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await client.GetAsync("/v1/usage");
        using var content = new StringContent(verification, System.Text.Encoding.UTF8, "application/json");

        var refused = await (await client.PostAsync("/_emu/journal/verify", content)).ReadJsonAsync(HttpStatusCode.BadRequest);

        Assert.StartsWith(why, refused.Text("detail"), StringComparison.Ordinal);
    }

    /// <summary>Sessions and workspaces that do not exist yet, rejected calls and tunnels are valid filters, not typos.</summary>
    [Theory]
    [InlineData("""{"session":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854"}""")]
    [InlineData("""{"workspace":"ws_yet-to-come"}""")]
    [InlineData("""{"key":"cha_test_yet-to-come"}""")]
    [InlineData("""{"method":"patch"}""")]
    [InlineData("""{"path":"/v1/no/such/route"}""")]
    [InlineData("""{"route":"/sessions/{id}/json/version"}""")]
    [InlineData("""{"error_code":"invalid_request"}""")]
    [InlineData("""{"status":0}""")]
    public async Task A_verification_can_match_what_does_not_exist_yet(string match)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var content = new StringContent($$"""{"match":{{match}},"exactly":0}""", System.Text.Encoding.UTF8, "application/json");

        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("/_emu/journal/verify", content)).StatusCode);
    }

    [Fact]
    public async Task A_body_with_an_unpaired_surrogate_is_not_recorded()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var content = new StringContent("""{"profile":"\ud800"}""", System.Text.Encoding.UTF8, "application/json");
        await client.PostAsync("/v1/sessions", content);

        var call = Assert.Single((await FindAsync(emulator)).GetProperty("entries").EnumerateArray());

        Assert.Equal((400, JsonValueKind.Null), (call.GetProperty("status").GetInt32(), call.GetProperty("request_body").ValueKind));
    }

    private static async Task<JsonElement> FindAsync(Emulator emulator, string query = "")
    {
        using var client = emulator.CreateClient(null);
        return await client.GetFromJsonAsync<JsonElement>("/_emu/journal" + query);
    }

    private static async Task<HttpResponseMessage> VerifyAsync(Emulator emulator, object verification)
    {
        using var client = emulator.CreateClient(null);
        return await client.PostAsJsonAsync("/_emu/journal/verify", verification);
    }

    private sealed class StartingResponse : HttpResponseFeature
    {
        public Func<Task> Start { get; private set; } = () => Task.CompletedTask;

        public override void OnStarting(Func<object, Task> callback, object state) => Start = () => callback(state);
    }
}
