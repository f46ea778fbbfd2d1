using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Testing.Tests;

/// <summary>Tests that the server accepts the faults of the client. Their effects are tested in ChaserEmu.Tests.</summary>
public sealed class FaultTests
{
    private const string Session = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";
    private static readonly TimeSpan TwoSeconds = TimeSpan.FromSeconds(2);

    private static readonly (Fault Fault, string Rule)[] EveryKind =
    [
        (RestFault.Status("rate_limited", TwoSeconds).On(HttpMethod.Post, "/v1/sessions").ForSession(Session).OnlyNth(2),
            """{"effect":{"type":"status","code":"rate_limited","retry_after":2},"match":{"method":"POST","route":"/v1/sessions","session":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","nth":2}}"""),
        (RestFault.Unavailable(TwoSeconds).On("/v1/sessions/{id}"),
            """{"effect":{"type":"unavailable","retry_after":2},"match":{"route":"/v1/sessions/{id}"}}"""),
        (RestFault.Delay(TwoSeconds).On(HttpMethod.Get),
            """{"effect":{"type":"delay","seconds":2},"match":{"method":"GET"}}"""),
        (RestFault.Reset().WithProbability(0.5),
            """{"effect":{"type":"reset"},"probability":0.5}"""),
        (RestFault.Truncate().Times(3),
            """{"effect":{"type":"truncate"},"count":3}"""),
        (ProvisioningFault.StayCreating(TwoSeconds).OnlyNth(1),
            """{"effect":{"type":"stay_creating","seconds":2},"match":{"nth":1}}"""),
        (ProvisioningFault.Error().Once(),
            """{"effect":{"type":"provisioning_error"},"count":1}"""),
        (ProvisioningFault.DeviceMissing(4),
            """{"effect":{"type":"device_missing","polls":4}}"""),
        (ProvisioningFault.CdpUrlLate(),
            """{"effect":{"type":"cdp_url_late"}}"""),
        (BrowserFault.Crash(TwoSeconds).ForSession(Session),
            """{"effect":{"type":"browser_crash","after_seconds":2},"match":{"session":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854"}}"""),
        (BrowserFault.Freeze(TwoSeconds),
            """{"effect":{"type":"browser_freeze","after_seconds":2}}"""),
        (CdpFault.Close(4000, "gone", afterFrames: 5).ForSession(Session).Only(CdpDirection.ToClient),
            """{"effect":{"type":"cdp_close","code":4000,"reason":"gone","after_frames":5},"match":{"session":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","direction":"to_client"}}"""),
        (CdpFault.Drop(afterBytes: 6).Only(CdpDirection.ToBrowser),
            """{"effect":{"type":"cdp_drop","after_bytes":6},"match":{"direction":"to_browser"}}"""),
        (CdpFault.Stall(afterFrames: 7),
            """{"effect":{"type":"cdp_stall","after_frames":7}}"""),
        (CdpFault.Delay(TimeSpan.FromMilliseconds(8)),
            """{"effect":{"type":"cdp_delay","milliseconds":8}}"""),
        (NetworkFault.Refuse().ToHost("example.test"),
            """{"effect":{"type":"egress_refuse"},"match":{"host":"example.test"}}"""),
        (NetworkFault.Reset(9).ForSession(Session),
            """{"effect":{"type":"egress_reset","after_bytes":9},"match":{"session":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854"}}"""),
        (NetworkFault.Latency(TimeSpan.FromMilliseconds(10)),
            """{"effect":{"type":"egress_latency","milliseconds":10}}"""),
        (NetworkFault.Bandwidth(11),
            """{"effect":{"type":"egress_bandwidth","bytes_per_second":11}}"""),
    ];

    [Fact]
    public async Task Rules_are_added_as_JSON_and_from_a_preset()
    {
        await using var emu = await ChaserEmulator.StartAsync();

        var one = await emu.Faults.AddJsonAsync("""{"effect":{"type":"unavailable"},"count":1}""");
        var two = await emu.Faults.AddJsonAsync("""[{"effect":{"type":"reset"}},{"effect":{"type":"truncate"}}]""");
        var preset = await emu.Faults.AddPresetAsync("rate_limit_storm", new FaultMatch(Key: emu.NewKey()));

        Assert.Equal(["unavailable", "reset", "truncate", "status"], one.Concat(two).Concat(preset).Select(rule => rule.Type));
        Assert.Contains(await emu.Faults.GetPresetsAsync(), known => known.Name == "rate_limit_storm" && known.Rules.Count == preset.Count);
        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Faults.AddJsonAsync("""{"effect":{"type":"unavailable"},"cuont":1}"""));
        Assert.Contains("cuont", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disabled_rule_does_not_fire()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(emu.NewKey());
        var rule = await emu.Faults.AddAsync(RestFault.Unavailable());

        Assert.False((await emu.Faults.SetEnabledAsync(rule.Id, enabled: false)).Resource.Enabled);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri("/v1/usage", UriKind.Relative))).StatusCode);
        Assert.True((await emu.Faults.SetEnabledAsync(rule.Id, enabled: true)).Resource.Enabled);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync(new Uri("/v1/usage", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task Every_kind_of_fault_is_accepted_by_the_server_unchanged()
    {
        await using var emu = await ChaserEmulator.StartAsync();

        var rules = await emu.Faults.AddAllAsync(EveryKind.Select(kind => kind.Fault));

        Assert.Equal(await KnownKindsAsync(emu), rules.Select(rule => rule.Type).Order(StringComparer.Ordinal));
        foreach (var ((fault, json), rule) in EveryKind.Zip(rules))
        {
            var expected = (JsonObject)JsonNode.Parse(json)!;
            AssertContains(expected, (JsonObject)JsonNode.Parse(fault.ToString())!);
            AssertContains((JsonObject)expected["effect"]!, JsonSerializer.SerializeToNode(rule.Effect, FaultsJson.Default.FaultEffect)!.AsObject());
            AssertContains((JsonObject?)expected["match"] ?? [], JsonSerializer.SerializeToNode(rule.Match, FaultsJson.Default.FaultMatch)!.AsObject());
            Assert.Equal((long?)expected["count"], rule.Count);
            Assert.Equal((double?)expected["probability"] ?? 1, rule.Probability);
        }

        Assert.Equal(rules.Select(rule => rule.Id), (await emu.Faults.ListAsync()).Select(rule => rule.Id));
        await emu.Faults.DeleteAllAsync();
        Assert.Empty(await emu.Faults.ListAsync());
    }

    [Fact]
    public async Task A_rule_counts_how_often_it_fired_and_is_deleted_on_dispose()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        var key = emu.NewKey();
        using var client = emu.CreateClient(key);
        using var other = emu.CreateClient(emu.NewKey());
        await using (var rule = await emu.Faults.AddAsync(RestFault.Status("payment_required").ForKey(key).Times(2)))
        {
            Assert.Equal(HttpStatusCode.PaymentRequired, (await client.GetAsync("/v1/sessions")).StatusCode);
            Assert.Equal(HttpStatusCode.PaymentRequired, (await client.GetAsync("/v1/sessions")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/sessions")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await other.GetAsync("/v1/sessions")).StatusCode);

            var refreshed = await rule.RefreshAsync();
            Assert.Equal((3, 2, 0), (refreshed.Matched, refreshed.Fired, rule.Fired));
        }

        Assert.Empty(await emu.Faults.ListAsync());
    }

    [Fact]
    public async Task A_removed_rule_can_be_disposed_but_not_deleted()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        await using var rule = await emu.Faults.AddAsync(RestFault.Reset());

        await emu.ResetAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Faults.DeleteAsync(rule.Id))).StatusCode);
    }

    [Fact]
    public async Task AddAllAsync_adds_all_rules_or_none()
    {
        await using var emu = await ChaserEmulator.StartAsync();

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Faults.AddAllAsync([RestFault.Reset(), RestFault.Status("no_such_code")]));

        Assert.StartsWith("Rule 2 of the array: effect.code must be one of: ", exception.Message, StringComparison.Ordinal);
        Assert.Empty(await emu.Faults.ListAsync());
    }

    [Fact]
    public void Fault_builders_do_not_change_the_original_fault()
    {
        var original = RestFault.Reset();
        var limited = original.On(HttpMethod.Get).Once();

        Assert.Equal("""{"effect":{"type":"reset"},"probability":1,"enabled":true}""", original.ToString());
        Assert.Equal("""{"effect":{"type":"reset"},"match":{"method":"GET"},"count":1,"probability":1,"enabled":true}""", limited.ToString());
    }

    /// <summary>Returns the server's list of fault types. The server includes it in the error message for an unknown type.</summary>
    private static async Task<IEnumerable<string>> KnownKindsAsync(ChaserEmulatorClient emu)
    {
        using var client = emu.CreateClient(null);
        using var response = await client.PostAsJsonAsync("/_emu/faults", new { effect = new { type = "none of them" } });
        var detail = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!;
        return detail["effect.type must be one of: ".Length..].TrimEnd('.').Split(", ").Order(StringComparer.Ordinal);
    }

    private static void AssertContains(JsonObject expected, JsonObject actual)
    {
        foreach (var (name, value) in expected) Assert.True(actual.ContainsKey(name) && JsonNode.DeepEquals(value, actual[name]), $"Expected {name}: {value} in {actual}");
    }
}
