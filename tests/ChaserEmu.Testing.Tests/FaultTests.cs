using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Testing.Tests;

/// <summary>The typed faults, against the real server; what each does to a client is tested where the server is.</summary>
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
    public async Task Every_kind_of_fault_is_accepted_by_the_server_unchanged()
    {
        await using var emu = await ChaserEmulator.StartAsync();

        var rules = await emu.Faults.AddAllAsync(EveryKind.Select(kind => kind.Fault));

        Assert.Equal(await KnownKindsAsync(emu), rules.Select(rule => rule.Type).Order(StringComparer.Ordinal));
        foreach (var ((fault, json), rule) in EveryKind.Zip(rules))
        {
            Assert.Equal(json, fault.ToString());
            var meant = JsonNode.Parse(json)!;
            AssertHas((JsonObject)meant["effect"]!, rule.Effect);
            AssertHas((JsonObject?)meant["match"] ?? [], rule.Match);
            Assert.Equal((long?)meant["count"], rule.Count);
            Assert.Equal((double?)meant["probability"] ?? 1, rule.Probability);
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

            var now = await rule.RefreshAsync();
            Assert.Equal((3, 2, 0), (now.Matched, now.Fired, rule.Fired));
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

        var refused = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Faults.AddAllAsync([RestFault.Reset(), RestFault.Status("no_such_code")]));

        Assert.StartsWith("Rule 2 of the array: effect.code must be one of: ", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await emu.Faults.ListAsync());
    }

    [Fact]
    public void Fault_builders_do_not_change_the_original_fault()
    {
        var all = RestFault.Reset();
        var some = all.On(HttpMethod.Get).Once();

        Assert.Equal("""{"effect":{"type":"reset"}}""", all.ToString());
        Assert.Equal("""{"effect":{"type":"reset"},"match":{"method":"GET"},"count":1}""", some.ToString());
    }

    /// <summary>The server's list of kinds, which it gives to who names another.</summary>
    private static async Task<IEnumerable<string>> KnownKindsAsync(ChaserEmulatorClient emu)
    {
        using var anyone = emu.CreateClient(null);
        using var refusal = await anyone.PostAsJsonAsync("/_emu/faults", new { effect = new { type = "none of them" } });
        var detail = (await refusal.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!;
        return detail["effect.type must be one of: ".Length..].TrimEnd('.').Split(", ").Order(StringComparer.Ordinal);
    }

    private static void AssertHas(JsonObject meant, JsonObject had)
    {
        foreach (var (name, value) in meant) Assert.True(had.ContainsKey(name) && JsonNode.DeepEquals(value, had[name]), $"{name}: {value} in {had}");
    }
}
