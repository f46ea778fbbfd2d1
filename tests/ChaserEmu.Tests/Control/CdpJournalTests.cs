using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Gateway;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/journal/cdp</c>: recorded CDP messages.</summary>
public sealed class CdpJournalTests
{
    [Fact, Trait("Needs", "Chrome")]
    public async Task Messages_are_recorded_with_method_direction_size_and_session()
    {
        await using var emulator = Emulator.StartWithChrome("Journal:Cdp=headers");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        await emulator.FreezeAsync();
        var session = await client.CreateReadySessionAsync();
        using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        await cdp.SendCommandAsync("Browser.getVersion");
        var answer = (await cdp.ReadFrameAsync())!.Payload;
        await cdp.SendCommandAsync("No.suchMethod");
        await cdp.ReadFrameAsync();

        var found = await FindAsync(emulator, $"?session={session.Id()}");

        var messages = found.GetProperty("entries").EnumerateArray().ToList();
        Assert.Equal("headers", found.Text("recording"));
        Assert.Equal(
            [("to_browser", "command", "Browser.getVersion"), ("to_client", "result", "Browser.getVersion"), ("to_browser", "command", "No.suchMethod"), ("to_client", "error", "No.suchMethod")],
            messages.Select(message => (message.Text("direction")!, message.Text("kind")!, message.Text("method")!)));
        Assert.Equal(answer.Length, messages[1].GetProperty("size").GetInt64());
        Assert.True(messages[1].GetProperty("duration_ms").GetDouble() > 0);
        Assert.Contains("No.suchMethod", messages[3].Text("error_message"), StringComparison.Ordinal);
        Assert.Equal([1L, 1, 1, 1], messages.Select(message => message.GetProperty("connection").GetInt64()));
        Assert.All(messages, message => Assert.Equal(JsonValueKind.Null, message.GetProperty("body").ValueKind));
        Assert.All(messages, message => Assert.Equal(ChaserEmu.Domain.Timestamp.ToWire(emulator.Clock.GetUtcNow()), message.Text("at")));
        Assert.Equal(messages.Select(message => message.GetProperty("sequence").GetInt64()).Order(), messages.Select(message => message.GetProperty("sequence").GetInt64()));
    }

    [Fact, Trait("Needs", "Chrome")]
    public async Task Messages_are_verified_by_count_and_body_with_the_nearest_miss()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        await cdp.SendCommandAsync("Browser.getVersion");
        await cdp.ReadFrameAsync();
        Assert.Equal(HttpStatusCode.Conflict, (await VerifyAsync(emulator, new { match = new { }, exactly = 0 })).StatusCode);

        await RecordAsync(emulator, new { recording = "bodies" });
        await cdp.SendCommandAsync("Target.createTarget", new { url = "about:blank#cha_live_a-key-by-mistake" });
        await cdp.ReadFrameAsync();

        Assert.True(ChaserEmu.Domain.ApiKeySecret.TryParse("cha_live_a-key-by-mistake", out var secret));
        var match = new { session = session.Id(), method = "Target.createTarget", direction = "to_browser", kind = "command", body = new { @params = new { url = $"about:blank#{secret}" } } };
        Assert.Equal(HttpStatusCode.OK, (await VerifyAsync(emulator, new { match, exactly = 1 })).StatusCode);
        var failed = await VerifyAsync(emulator, new { match = match with { body = new { @params = new { url = "about:blank" } } }, at_least = 1 });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, failed.StatusCode);
        var problem = await failed.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(
            $"Expected at least 1 matching messages, but found 0. The closest was command Target.createTarget: body.params.url was \"about:blank#{secret}\", expected \"about:blank\".",
            problem.Text("detail"));
        Assert.Equal("Target.createTarget", problem.GetProperty("closest")[0].Text("method"));
        Assert.DoesNotContain("by-mistake", (await FindAsync(emulator, "")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact, Trait("Needs", "Chrome")]
    public async Task After_recording_stops_verify_answers_only_what_later_messages_could_not_change()
    {
        await using var emulator = Emulator.StartWithChrome("Journal:Cdp=headers");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        await cdp.SendCommandAsync("Browser.getVersion");
        await cdp.ReadFrameAsync();
        await RecordAsync(emulator, new { recording = "off" });

        var match = new { method = "Browser.getVersion", kind = "command" };
        foreach (var (verification, status) in new (object, int)[]
        {
            (new { match, at_least = 1 }, 200),
            (new { match, exactly = 0 }, 422),
            (new { match, at_most = 0 }, 422),
            (new { match, exactly = 1 }, 409),
            (new { match, at_least = 2 }, 409),
            (new { match, at_most = 1 }, 409),
        })
        {
            using var answer = await VerifyAsync(emulator, verification);
            Assert.True((int)answer.StatusCode == status, $"{verification}: {answer.StatusCode}");
        }
    }

    [Fact, Trait("Needs", "Chrome")]
    public async Task Verify_returns_409_if_evicted_or_omitted_data_could_change_the_result()
    {
        await using var emulator = Emulator.StartWithChrome("Journal:Cdp=bodies", "Journal:CdpCapacity=3");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        async Task CallAsync(object? parameters = null)
        {
            await cdp.SendCommandAsync("Browser.getVersion", parameters);
            await cdp.ReadFrameAsync();
        }

        await CallAsync(new { large = new string('x', 20_000) });
        var match = new { method = "Browser.getVersion", kind = "command" };
        Assert.Equal(HttpStatusCode.OK, (await VerifyAsync(emulator, new { match, exactly = 1 })).StatusCode);
        var unknown = await VerifyAsync(emulator, new { match = new { match.method, match.kind, body = new { @params = new { large = "x" } } }, exactly = 0 });
        Assert.Equal(HttpStatusCode.Conflict, unknown.StatusCode);
        Assert.Contains("were not recorded", (await unknown.Content.ReadFromJsonAsync<JsonElement>()).Text("detail"), StringComparison.Ordinal);

        await CallAsync();
        var evicted = await VerifyAsync(emulator, new { match, exactly = 2 });
        Assert.Equal(HttpStatusCode.Conflict, evicted.StatusCode);
        Assert.Contains("Journal:CdpCapacity", (await evicted.Content.ReadFromJsonAsync<JsonElement>()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await VerifyAsync(emulator, new { match, at_least = 1 })).StatusCode);
    }

    [Fact, Trait("Needs", "Chrome")]
    public async Task One_workspace_can_be_recorded_alone_until_it_is_reset()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var mine = emulator.CreateClient("cha_live_mine");
        using var other = emulator.CreateClient("cha_live_other");
        await RecordAsync(emulator, new { recording = "headers", key = "cha_live_mine" });
        foreach (var client in (HttpClient[])[mine, other])
        {
            var session = await client.CreateReadySessionAsync();
            using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
            await cdp.SendCommandAsync("Browser.getVersion");
            await cdp.ReadFrameAsync();
        }

        Assert.Equal(2, (await FindAsync(emulator, "")).GetProperty("entries").GetArrayLength());
        Assert.Equal("off", (await FindAsync(emulator, "?key=cha_live_other")).Text("recording"));
        using var control = emulator.CreateClient(null);
        (await control.PostAsJsonAsync("/_emu/reset", new { key = "cha_live_mine" })).EnsureSuccessStatusCode();
        var found = await FindAsync(emulator, "?key=cha_live_mine");
        Assert.Equal(("off", 0), (found.Text("recording"), found.GetProperty("entries").GetArrayLength()));
    }

    [Theory]
    [InlineData("PUT", "", """{"recording":"all"}""", "recording must be off, headers or bodies.")]
    [InlineData("PUT", "", """{"recording":"off","key":"x"}""", "key must be cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_test_my-laptop.")]
    [InlineData("PUT", "", """{"recording":"off","key":"cha_test_x","workspace":"ws_x"}""", "Give key or workspace, not both. Omit both to select all workspaces.")]
    [InlineData("PUT", "", """{"recording":"headers","workspace":"nope"}""", "workspace must be a workspace id, such as ws_0123456789abcdef01234567. GET /_emu/workspaces lists them.")]
    [InlineData("POST", "/verify", """{"match":{"session":"x"},"exactly":0}""", "match.session must be a session id, such as sess_019ec0d0-a88a-73f2-9741-8030dc82a854.")]
    [InlineData("POST", "/verify", """{"match":{"key":"cha_test_x","workspace":"ws_x"},"exactly":0}""", "Give match.key or match.workspace, not both. Omit both to select all workspaces.")]
    [InlineData("POST", "/verify", """{"match":{"kind":"request"},"exactly":0}""", "match.kind must be command, result, error, event or unknown.")]
    [InlineData("POST", "/verify", """{"match":{"methd":"Page.navigate"},"exactly":0}""", "Unknown field 'match.methd'. Allowed fields: key, workspace, session, method, direction, kind, cdp_session, body.")]
    [InlineData("GET", "?direction=up", null, "direction must be to_client or to_browser.")]
    [InlineData("GET", "?kind=request", null, "kind must be command, result, error, event or unknown.")]
    [InlineData("GET", "?status=200", null, "Unknown query parameter 'status'. Allowed: key, workspace, session, method, direction, kind, cdp_session, since, limit.")]
    [InlineData("POST", "/verify", """{"match":{}}""", "Give exactly one of: exactly, at_least, at_most.")]
    [InlineData("POST", "/verify", """{"match":null,"exactly":1}""", "match must be an object; {} matches everything.")]
    public async Task Invalid_input_returns_400_with_the_allowed_values(string method, string path, string? body, string detail)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        using var request = new HttpRequestMessage(new HttpMethod(method), "/_emu/journal/cdp" + path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        var answer = await client.SendAsync(request);

        Assert.Equal((HttpStatusCode.BadRequest, detail), (answer.StatusCode, (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("detail")));
    }

    [Fact]
    public async Task Recording_needs_an_existing_workspace_or_any_valid_key()
    {
        await using var emulator = Emulator.Start();
        using var control = emulator.CreateClient(null);

        var refused = await (await control.PutAsJsonAsync("/_emu/journal/cdp", new { recording = "headers", workspace = "ws_nope" })).ReadJsonAsync(HttpStatusCode.NotFound);
        Assert.Equal("There is no workspace ws_nope. For a workspace that was never used, give its key instead, such as cha_test_my-laptop.", refused.Text("detail"));

        await RecordAsync(emulator, new { recording = "off", workspace = "ws_nope" });
        await RecordAsync(emulator, new { recording = "headers", key = "cha_live_yet-to-come" });
        Assert.Equal("headers", (await FindAsync(emulator, "?key=cha_live_yet-to-come")).Text("recording"));
        Assert.Equal("off", (await FindAsync(emulator, "?key=cha_live_another")).Text("recording"));
    }

    private static async Task<JsonElement> FindAsync(Emulator emulator, string query)
    {
        using var client = emulator.CreateClient(null);
        return await client.GetFromJsonAsync<JsonElement>("/_emu/journal/cdp" + query);
    }

    private static async Task RecordAsync(Emulator emulator, object change)
    {
        using var client = emulator.CreateClient(null);
        (await client.PutAsJsonAsync("/_emu/journal/cdp", change)).EnsureSuccessStatusCode();
    }

    private static async Task<HttpResponseMessage> VerifyAsync(Emulator emulator, object verification)
    {
        using var client = emulator.CreateClient(null);
        return await client.PostAsJsonAsync("/_emu/journal/cdp/verify", verification);
    }
}
