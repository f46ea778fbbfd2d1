using System.Net;
using System.Text;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Control;

/// <summary><c>Requests:Deviations</c> and <c>/_emu/journal/deviations</c>: what clients send or do beside the contract.</summary>
public sealed class DeviationTests
{
    [Theory]
    [InlineData("POST", "/v1/sessions", """{"ttl": 60, "profile": "chrome"}""", "unknown_field", "The body has the unknown field 'ttl'. The fields are profile, ttl_seconds.")]
    [InlineData("GET", "/v1/sessions?limit=5&page=2", null, "unknown_parameter", "The query has the unknown parameter 'page'. The parameters are limit, cursor.")]
    [InlineData("GET", "/v1/usage?Limit=5", null, "unknown_parameter", "The query has the unknown parameter 'Limit'. The operation has no parameters.")]
    public async Task What_the_service_ignores_is_reported_or_refused(string method, string path, string? body, string kind, string detail)
    {
        await using (var reporting = Emulator.Start())
        {
            using var accepted = await SendAsync(reporting, method, path, body);
            Assert.True(accepted.IsSuccessStatusCode);
            Assert.Equal([(kind, detail)], await GetDeviationsAsync(reporting));
        }

        await using var refusing = Emulator.Start("Requests:Deviations=refuse");
        await SendAsync(refusing, method, path, body).AssertErrorAsync(400, "invalid_request", $"{detail} It is refused because Requests:Deviations is refuse.");
        Assert.Equal([(kind, detail)], await GetDeviationsAsync(refusing));
        using var client = refusing.CreateClient();
        Assert.Equal(0, (await (await client.GetAsync("/v1/sessions")).ReadJsonAsync()).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task What_the_emulator_refuses_anyway_is_reported_too()
    {
        await using var emulator = Emulator.Start();

        using var form = await emulator.SendAsync("POST", "/v1/sessions", "{}", "text/plain");
        var lower = await emulator.SendRawAsync($"get /v1/usage HTTP/1.1\r\nHost: {emulator.Address.Authority}\r\nAuthorization: Bearer {Emulator.TestKey}\r\nConnection: close\r\n\r\n");

        Assert.Equal(HttpStatusCode.BadRequest, form.StatusCode);
        Assert.StartsWith("HTTP/1.1 405 ", lower, StringComparison.Ordinal);
        Assert.Equal(
            [("content_type", "Content-Type must be application/json."), ("method_case", "Methods are written in capital letters: use GET.")],
            await GetDeviationsAsync(emulator));
    }

    [Fact]
    public async Task Polls_of_a_starting_session_are_two_seconds_apart_in_real_or_emulated_time()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=20");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        var id = (await client.CreateSessionAsync()).Id();

        await client.GetSessionAsync(id);
        await emulator.AdvanceAsync(2);
        await client.GetSessionAsync(id);
        Assert.Empty(await GetDeviationsAsync(emulator));

        await client.GetSessionAsync(id);
        Assert.Equal([("fast_polling", "The session is polled again within 2 seconds. Wait 2 seconds between polls, as the documentation does.")], await GetDeviationsAsync(emulator));
    }

    [Fact]
    public async Task A_ready_session_may_be_read_at_any_pace()
    {
        await using var emulator = Emulator.Start("Requests:Deviations=refuse");
        using var client = emulator.CreateClient();
        var id = (await client.CreateSessionAsync()).Id();

        // Not through the API: while the session is creating, fast polls are refused.
        await Eventually.GetAsync(() => emulator.InspectAsync(id), session => session.Text("status") == "ready");
        for (var read = 0; read < 5; read++) await client.GetSessionAsync(id);
    }

    [Fact]
    public async Task A_retry_waits_for_Retry_After()
    {
        await using var emulator = Emulator.Start("Limits:CreatesPerMinute=1", "Requests:Deviations=refuse");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient();
        await client.CreateSessionAsync();
        using var limited = await client.PostSessionAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, limited.StatusCode);

        using var early = await client.PostSessionAsync();
        Assert.Equal(HttpStatusCode.BadRequest, early.StatusCode);
        Assert.Equal("early_retry", Assert.Single(await GetDeviationsAsync(emulator)).Kind);

        await emulator.AdvanceAsync(limited.Headers.RetryAfter!.Delta!.Value.TotalSeconds);
        await client.CreateSessionAsync();
    }

    [Fact]
    public async Task Nothing_is_collected_with_ignore_and_a_workspace_sees_its_own()
    {
        await using (var ignoring = Emulator.Start("Requests:Deviations=ignore"))
        {
            using var ignored = await SendAsync(ignoring, "POST", "/v1/sessions", """{"ttl": 60}""");
            Assert.Empty(await GetDeviationsAsync(ignoring));
        }

        await using var emulator = Emulator.Start();
        using var one = await SendAsync(emulator, "POST", "/v1/sessions", """{"ttl": 60}""");
        using var client = emulator.CreateClient("cha_test_another-workspace");
        await client.CreateSessionAsync();
        Assert.Single(await GetDeviationsAsync(emulator, $"?key={Emulator.TestKey}"));
        Assert.Empty(await GetDeviationsAsync(emulator, "?key=cha_test_another-workspace"));
        await emulator.SendAsync("GET", "/_emu/journal/deviations?limit=0").AssertProblemAsync(HttpStatusCode.BadRequest, "limit must be from 1 to 10000.");
    }

    [Fact]
    public async Task Long_and_many_names_do_not_make_an_entry_large()
    {
        await using var emulator = Emulator.Start();
        using var one = await SendAsync(emulator, "POST", "/v1/sessions", $$"""{"{{new string('x', 60_000)}}": 1}""");
        using var many = await SendAsync(emulator, "GET", $"/v1/usage?{string.Join('&', Enumerable.Range(0, 100))}", null);

        var found = await GetDeviationsAsync(emulator);

        Assert.Equal($"The body has the unknown field '{new string('x', 64)}…'. The fields are profile, ttl_seconds.", found[0].Detail);
        Assert.Equal(1 + 20, found.Count);
    }

    private static async Task<HttpResponseMessage> SendAsync(Emulator emulator, string method, string path, string? body)
    {
        using var client = emulator.CreateClient();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await client.SendAsync(request);
    }

    private static async Task<List<(string Kind, string Detail)>> GetDeviationsAsync(Emulator emulator, string query = "")
    {
        using var client = emulator.CreateClient(null);
        var page = JsonElement.Parse(await client.GetStringAsync($"/_emu/journal/deviations{query}"));
        return [.. page.GetProperty("entries").EnumerateArray().SelectMany(entry => entry.GetProperty("deviations").EnumerateArray()).Select(found => (found.Text("kind")!, found.Text("detail")!))];
    }
}
