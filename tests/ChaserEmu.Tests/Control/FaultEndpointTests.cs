using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Control;

public sealed class FaultEndpointTests(SharedEmulatorFixture shared) : IClassFixture<SharedEmulatorFixture>
{
    private const string InvalidRoute = "match.route must be a route such as /v1/sessions/{id}, or a path that matches one. Routes: /v1/audit/stream, /v1/billing/topup, /v1/keys, /v1/keys/{id}, /v1/keys/{id}/rotate, /v1/sessions, /v1/sessions/{id}, /v1/sessions/{id}/preview-token, /v1/sessions/{id}/screenshot, /v1/usage.";
    private const string InvalidHost = "match.host must be a host name or IP address such as example.test, without scheme, port, path, wildcard or trailing dot. Write an international name in Punycode (xn--…).";

    [Fact]
    public async Task A_key_is_shown_only_by_its_prefix()
    {
        await using var emulator = Emulator.Start();
        await emulator.AddFaultAsync(new { match = new { key = "cha_test_a-secret-name" }, effect = new { type = "reset" } });

        var rule = Assert.Single(await emulator.ListFaultsAsync());
        Assert.Equal("cha_test_a-secr", rule.GetProperty("match").Text("key"));
        Assert.Equal((0, 0), (rule.GetProperty("matched").GetInt32(), rule.GetProperty("fired").GetInt32()));
    }

    [Fact]
    public async Task An_array_is_accepted_completely_or_not_at_all()
    {
        await using var emulator = Emulator.Start();
        await emulator.SendAsync("POST", "/_emu/faults", """[{"effect":{"type":"reset"}},{"effect":{"type":"delay"}}]""")
            .AssertProblemAsync(HttpStatusCode.BadRequest, "Rule 2 of the array: effect.seconds is missing; it must be a number.");
        Assert.Empty(await emulator.ListFaultsAsync());

        using var answer = await emulator.SendAsync("POST", "/_emu/faults", """[{"effect":{"type":"reset"}},{"effect":{"type":"truncate"}}]""");
        Assert.Equal(["fault_1", "fault_2"], JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray().Select(rule => rule.Id()));
    }

    [Fact]
    public async Task A_disabled_rule_is_not_applied_until_it_is_enabled()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = await emulator.AddFaultAsync(new { effect = new { type = "unavailable" }, enabled = false });
        await emulator.AddFaultAsync(new { match = new { method = "POST" }, effect = new { type = "reset" } });
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/usage")).StatusCode);

        Assert.True(await SetEnabledAsync(emulator, id, true));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/v1/usage")).StatusCode);
        Assert.Equal(["fault_2", id], (await emulator.ListFaultsAsync()).Select(rule => rule.Id()));

        Assert.False(await SetEnabledAsync(emulator, id, false));
        Assert.False(await SetEnabledAsync(emulator, id, false));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/usage")).StatusCode);
        var rule = Assert.Single(await emulator.ListFaultsAsync(), rule => rule.Id() == id);
        Assert.Equal((1, 1, false), (rule.GetProperty("matched").GetInt32(), rule.GetProperty("fired").GetInt32(), rule.GetProperty("enabled").GetBoolean()));
        await emulator.SendAsync("PATCH", "/_emu/faults/fault_9", """{"enabled":true}""")
            .AssertProblemAsync(HttpStatusCode.NotFound, "There is no fault rule fault_9. GET /_emu/faults lists the rules.");
        await emulator.SendAsync("PATCH", $"/_emu/faults/{id}", "{}").AssertProblemAsync(HttpStatusCode.BadRequest, "enabled is missing; it must be true or false.");
    }

    [Fact]
    public async Task Disabling_a_rule_releases_what_it_holds()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = await emulator.AddFaultAsync(new { effect = new { type = "delay", seconds = 3600 } });
        var held = client.GetAsync("/v1/usage");
        await Eventually.GetAsync(emulator.ListFaultsAsync, rules => rules[0].GetProperty("fired").GetInt32() == 1);

        await SetEnabledAsync(emulator, id, false);

        Assert.Equal(HttpStatusCode.OK, (await held).StatusCode);
    }

    [Fact]
    public async Task An_enabled_rule_is_applied_to_open_sessions()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var session = (await client.CreateReadySessionAsync()).Id();
        var id = await emulator.AddFaultAsync(new { effect = new { type = "browser_crash" }, count = 1, enabled = false });
        Assert.Equal("ready", (await client.GetSessionAsync(session)).Text("status"));

        await SetEnabledAsync(emulator, id, true);

        await Eventually.GetAsync(() => client.GetSessionAsync(session), ended => ended.Text("ended_reason") == "substrate_down");
    }

    [Fact]
    public async Task Each_preset_expands_to_plain_rules()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);
        var presets = (await client.GetFromJsonAsync<JsonElement>("/_emu/faults/presets")).GetProperty("presets");
        Assert.Equal(8, presets.GetArrayLength());
        foreach (var preset in presets.EnumerateArray())
        {
            using var answer = await emulator.SendAsync("POST", "/_emu/faults", JsonSerializer.Serialize(new { preset = preset.Text("name"), match = new { key = Emulator.TestKey } }));
            var added = await answer.ReadJsonAsync(HttpStatusCode.Created);
            Assert.Equal(preset.GetProperty("rules").EnumerateArray().Select(rule => rule.GetProperty("effect").GetRawText()), added.EnumerateArray().Select(rule => rule.GetProperty("effect").GetRawText()));
            Assert.All(added.EnumerateArray(), rule => Assert.Equal("cha_test_a-t", rule.GetProperty("match").Text("key")));
        }

        var storm = (await emulator.ListFaultsAsync()).Single(rule => rule.GetProperty("effect").Text("type") == "status");
        Assert.Equal("/v1/sessions", storm.GetProperty("match").Text("route"));
    }

    private static async Task<bool> SetEnabledAsync(Emulator emulator, string id, bool enabled)
    {
        using var answer = await emulator.SendAsync("PATCH", $"/_emu/faults/{id}", JsonSerializer.Serialize(new { enabled }));
        return (await answer.ReadJsonAsync()).GetProperty("enabled").GetBoolean();
    }

    [Fact]
    public async Task Deleted_rules_are_gone()
    {
        await using var emulator = Emulator.Start();
        await emulator.AddFaultAsync(new { effect = new { type = "reset" } });
        await emulator.DeleteFaultAsync("fault_1");

        await emulator.SendAsync("GET", "/_emu/faults/fault_1").AssertProblemAsync(HttpStatusCode.NotFound, "There is no fault rule fault_1. GET /_emu/faults lists the rules.");
        await emulator.SendAsync("DELETE", "/_emu/faults/fault_1").AssertProblemAsync(HttpStatusCode.NotFound, "There is no fault rule fault_1. GET /_emu/faults lists the rules.");
    }

    [Theory]
    [InlineData("""{"effect":{"type":"reset"},"chance":1}""", "Unknown field 'chance'. Allowed fields: effect, match, count, probability, enabled.")]
    [InlineData("""{"effect":{"type":"delay","minutes":1}}""", "Unknown field 'effect.minutes'. Allowed fields: type, seconds.")]
    [InlineData("""{"match":{"path":"/"},"effect":{"type":"reset"}}""", "Unknown field 'match.path'. Allowed fields: key, session, method, route, host, direction, nth.")]
    [InlineData("""{"match":{"route":"/v1/usage"},"effect":{"type":"cdp_drop"}}""", "match.route does not apply to this effect. Allowed match fields: key, session, direction, nth.")]
    [InlineData("""{"match":{"host":"a.test"},"effect":{"type":"browser_crash"}}""", "match.host does not apply to this effect. Allowed match fields: key, session, nth.")]
    [InlineData("""{"match":{"direction":"up"},"effect":{"type":"cdp_drop"}}""", "match.direction must be to_client or to_browser.")]
    [InlineData("""{"match":{"method":"PSOT"},"effect":{"type":"reset"}}""", "match.method must be a method that a route accepts: DELETE, GET, HEAD, POST.")]
    [InlineData("""{"match":{"method":"POST","route":"/v1/usage"},"effect":{"type":"reset"}}""", "match.method must be a method that /v1/usage accepts: GET, HEAD.")]
    [InlineData("""{"match":{"route":"/v1/sesions"},"effect":{"type":"reset"}}""", InvalidRoute)]
    [InlineData("""{"match":{"route":"/v1/sessions/{session_id}"},"effect":{"type":"reset"}}""", InvalidRoute)]
    [InlineData("""{"match":{"route":"/sessions/{id}"},"effect":{"type":"reset"}}""", InvalidRoute)]
    [InlineData("""{"match":{"route":"/v1/sessions?limit=1"},"effect":{"type":"reset"}}""", InvalidRoute)]
    [InlineData("""{"match":{"session":"sess_1"},"effect":{"type":"reset"}}""", "match.session must be a session id, such as sess_019ec0d0-a88a-73f2-9741-8030dc82a854.")]
    [InlineData("""{"match":{"host":"a.test:443"},"effect":{"type":"egress_refuse"}}""", InvalidHost)]
    [InlineData("""{"match":{"host":"*.a.test"},"effect":{"type":"egress_refuse"}}""", InvalidHost)]
    [InlineData("""{"match":{"host":"http://a.test"},"effect":{"type":"egress_refuse"}}""", InvalidHost)]
    [InlineData("""{"match":{"host":"a.test."},"effect":{"type":"egress_refuse"}}""", InvalidHost)]
    [InlineData("""{"match":{"host":"b\u00fccher.test"},"effect":{"type":"egress_refuse"}}""", InvalidHost)]
    [InlineData("""{"match":{"host":""},"effect":{"type":"egress_refuse"}}""", InvalidHost)]
    [InlineData("""{"match":{"host":"[::1]"},"effect":{"type":"egress_refuse"}}""", "match.host must be ::1, as browsers write it.")]
    [InlineData("""{"effect":{"type":"rest"}}""", "effect.type must be one of: status, unavailable, delay, reset, truncate, stay_creating, provisioning_error, device_missing, cdp_url_late, browser_crash, browser_freeze, cdp_close, cdp_drop, cdp_stall, cdp_delay, egress_refuse, egress_reset, egress_latency, egress_bandwidth.")]
    [InlineData("""{"effect":{"type":"\ud800"}}""", "effect.type must be one of: status, unavailable, delay, reset, truncate, stay_creating, provisioning_error, device_missing, cdp_url_late, browser_crash, browser_freeze, cdp_close, cdp_drop, cdp_stall, cdp_delay, egress_refuse, egress_reset, egress_latency, egress_bandwidth.")]
    [InlineData("""{"effect":{"type":"reset","site":1}}""", "Unknown field 'effect.site'. Allowed fields: type.")]
    [InlineData("""{"match":{"nth":0},"effect":{"type":"reset"}}""", "match.nth must be 1 or more.")]
    [InlineData("""{"match":{"key":"nonsense"},"effect":{"type":"reset"}}""", "match.key must be a key that this emulator accepts: cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_live_my-laptop.")]
    [InlineData("""{"effect":{"type":"delay","seconds":-1}}""", "effect.seconds must be from 0 to 3600.")]
    [InlineData("""{"effect":{"seconds":"1","type":"delay"}}""", "effect.seconds must be a number.")]
    [InlineData("""{"effect":{"type":"reset"},"count":1.5}""", "count must be a whole number.")]
    [InlineData("""{"effect":{"type":"reset"},"match":{"nth":"2"}}""", "match.nth must be a whole number.")]
    [InlineData("""{"effect":{"type":"cdp_close","code":1005}}""", "effect.code must be a close code that can be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999.")]
    [InlineData("""{"effect":{"type":"cdp_stall","after_frames":1,"after_bytes":1}}""", "effect.after_bytes cannot be given together with effect.after_frames.")]
    [InlineData("""{"effect":{"type":"reset"},"probability":2}""", "probability must be from 0 to 1.")]
    [InlineData("""{"effect":{"type":"reset"},"count":0}""", "count must be 1 or more; omit it for no limit.")]
    [InlineData("""{"match":{}}""", "effect is missing; it must be a JSON object.")]
    [InlineData("""{"preset":"earthquake"}""", "preset must be one of: dropped_cdp_socket, endless_reconnect, rate_limit_storm, slow_network, browser_crash_on_load, slow_provisioning, late_cdp_url, api_brownout.")]
    [InlineData("""{"preset":"slow_network","count":1}""", "Unknown field 'count'. Allowed fields: preset, match.")]
    [InlineData("""{"preset":"slow_network","match":{"route":"/v1/usage"}}""", "Rule 1 of the preset: match.route does not apply to this effect. Allowed match fields: key, session, host, nth.")]
    [InlineData("""7""", "A rule must be a JSON object.")]
    [InlineData("""[]""", "The array is empty. To remove all rules, use DELETE /_emu/faults.")]
    public async Task An_invalid_rule_is_rejected_with_its_field(string body, string detail) =>
        await shared.Emulator.SendAsync("POST", "/_emu/faults", body).AssertProblemAsync(HttpStatusCode.BadRequest, detail);

    [Theory]
    [InlineData("""{"route":"/v1/sessions/sess_1/"}""", "reset")]
    [InlineData("""{"route":"/v1/sessions/{id}/","method":"delete"}""", "reset")]
    [InlineData("""{"session":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854"}""", "reset")]
    [InlineData("""{"host":"A.test"}""", "egress_refuse")]
    [InlineData("""{"host":"my_service"}""", "egress_refuse")]
    [InlineData("""{"host":"xn--bcher-kva.test"}""", "egress_refuse")]
    [InlineData("""{"host":"::1"}""", "egress_refuse")]
    public async Task A_rule_can_match_what_does_not_exist_yet(string match, string effect)
    {
        await using var emulator = Emulator.Start();
        using var answer = await emulator.SendAsync("POST", "/_emu/faults", $$$"""{"match":{{{match}}},"effect":{"type":"{{{effect}}}"}}""");
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }
}
