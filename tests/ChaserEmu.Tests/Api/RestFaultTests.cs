using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Control;

namespace ChaserEmu.Tests.Api;

public sealed class RestFaultTests
{
    [Fact]
    public async Task Status_returns_the_catalogue_error_instead_of_calling_the_handler()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = await emulator.AddFaultAsync(new { match = new { method = "POST", route = "/v1/sessions" }, effect = new { type = "status", code = "rate_limited", retry_after = 7 }, count = 1 });

        using var answer = await client.PostAsJsonAsync("/v1/sessions", new { });
        Assert.Equal((HttpStatusCode.TooManyRequests, "7", id), (answer.StatusCode, answer.Headers.GetValues("Retry-After").Single(), answer.Headers.GetValues("x-chaser-emu-fault").Single()));
        Assert.Equal("""{"error":{"code":"rate_limited","message":"Too many requests."}}""", await answer.Content.ReadAsStringAsync());
        await client.CreateReadySessionAsync();
        Assert.Equal((2, 1), Counts(Assert.Single(await emulator.ListFaultsAsync())));
    }

    [Theory]
    [InlineData("status", "rate_limited")]
    [InlineData("unavailable", null)]
    public async Task The_journal_has_the_body_of_a_call_that_a_fault_answers(string type, string? code)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(code is null ? new { effect = new { type } } : (object)new { effect = new { type, code } });

        using var answer = await client.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 90 });
        Assert.False(answer.IsSuccessStatusCode);

        using var control = emulator.CreateClient(null);
        var verified = await control.PostAsJsonAsync("/_emu/journal/verify", new { match = new { operation = "createSession", body = new { ttl_seconds = 90 } }, exactly = 1 });
        Assert.True(verified.IsSuccessStatusCode, await verified.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("concurrency_limit", "1")]
    [InlineData("session_not_found", null)]
    public async Task A_429_always_has_Retry_After(string code, string? wait)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { effect = new { type = "status", code } });

        using var answer = await client.GetAsync("/v1/usage");
        Assert.Equal(wait, answer.Headers.RetryAfter?.ToString());
    }

    [Fact]
    public async Task A_rule_matches_every_key_of_the_workspace_but_a_journal_query_only_the_given_key()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var second = (await (await user.PostAsJsonAsync("/v1/keys", new { name = "second" })).ReadJsonAsync(HttpStatusCode.Created)).Text("secret");
        await emulator.AddFaultAsync(new { match = new { key = Emulator.TestKey }, effect = new { type = "unavailable" } });

        foreach (var (key, status) in new[] { (Emulator.TestKey, 503), (second, 503), ("cha_test_other", 200) })
        {
            using var client = emulator.CreateClient(key);
            Assert.Equal(status, (int)(await client.GetAsync("/v1/usage")).StatusCode);
            var calls = (await client.GetFromJsonAsync<JsonElement>($"/_emu/journal?key={key}")).GetProperty("entries").EnumerateArray();
            Assert.Equal(status, Assert.Single(calls).GetProperty("status").GetInt32());
        }
    }

    [Fact]
    public async Task Unavailable_has_Retry_After()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { effect = new { type = "unavailable", retry_after = 3 } });

        using var answer = await client.GetAsync("/v1/usage");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "3"), (answer.StatusCode, answer.Headers.GetValues("Retry-After").Single()));
    }

    [Fact]
    public async Task Delay_holds_a_request_until_its_rule_is_deleted()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = await emulator.AddFaultAsync(new { match = new { key = Emulator.TestKey }, effect = new { type = "delay", seconds = 3600 } });
        var held = client.GetAsync("/v1/sessions");
        await Eventually.GetAsync(emulator.ListFaultsAsync, faults => Counts(faults[0]).Fired == 1);
        Assert.False(held.IsCompleted);

        await emulator.DeleteFaultAsync(id);
        using var answer = await held;
        Assert.Equal((HttpStatusCode.OK, id), (answer.StatusCode, answer.Headers.GetValues("x-chaser-emu-fault").Single()));
    }

    [Fact]
    public async Task Reset_resets_the_connection_without_a_response()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { effect = new { type = "reset" }, count = 1 });

        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsJsonAsync("/v1/sessions", new { }));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(failure.GetBaseException()).SocketErrorCode);
        await client.CreateReadySessionAsync();
    }

    [Fact]
    public async Task Truncate_sends_the_full_Content_Length_but_half_of_the_body()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { match = new { route = "/v1/sessions" }, effect = new { type = "truncate" }, count = 1 });

        using var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, "/v1/sessions"), HttpCompletionOption.ResponseHeadersRead);
        var promised = answer.Content.Headers.ContentLength!.Value;
        await using var body = await answer.Content.ReadAsStreamAsync();
        var half = new byte[promised / 2];
        await body.ReadExactlyAsync(half).DefaultTimeout();
        Assert.StartsWith("""{"id":"sess_""", System.Text.Encoding.UTF8.GetString(half), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(async () => await body.ReadExactlyAsync(new byte[1]).DefaultTimeout());
        await client.CreateReadySessionAsync();
    }

    [Fact]
    public async Task A_rule_for_another_key_has_no_effect()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.AddFaultAsync(new { match = new { key = "cha_test_another" }, effect = new { type = "reset" } });

        await client.CreateReadySessionAsync();
        Assert.Equal((0, 0), Counts(Assert.Single(await emulator.ListFaultsAsync())));
    }

    private static (int Matched, int Fired) Counts(System.Text.Json.JsonElement rule) => (rule.GetProperty("matched").GetInt32(), rule.GetProperty("fired").GetInt32());
}
