using System.Net;
using System.Text.Json;

namespace ChaserEmu.Tests.Control;

public sealed class FaultEndpointTests(SharedEmulator shared) : IClassFixture<SharedEmulator>
{
    [Fact]
    public async Task Key_is_shown_by_its_prefix_alone()
    {
        await using var emulator = Emulator.Start();
        await emulator.AddFaultAsync(new { match = new { key = "cha_test_a-secret-name" }, effect = new { type = "reset" } });

        var rule = Assert.Single(await emulator.FaultsAsync());
        Assert.Equal("cha_test_a-secr", rule.GetProperty("match").Text("key"));
        Assert.Equal((0, 0), (rule.GetProperty("matched").GetInt32(), rule.GetProperty("fired").GetInt32()));
    }

    [Fact]
    public async Task Array_is_taken_whole_or_not_at_all()
    {
        await using var emulator = Emulator.Start();
        await emulator.SendAsync("POST", "/_emu/faults", """[{"effect":{"type":"reset"}},{"effect":{"type":"delay"}}]""")
            .AssertProblemAsync(HttpStatusCode.BadRequest, "Rule 2 of the array: effect.seconds is missing.");
        Assert.Empty(await emulator.FaultsAsync());

        using var answer = await emulator.SendAsync("POST", "/_emu/faults", """[{"effect":{"type":"reset"}},{"effect":{"type":"truncate"}}]""");
        Assert.Equal(["fault_1", "fault_2"], JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.EnumerateArray().Select(rule => rule.Id()));
    }

    [Fact]
    public async Task Deleted_rules_are_gone()
    {
        await using var emulator = Emulator.Start();
        await emulator.AddFaultAsync(new { effect = new { type = "reset" } });
        await emulator.DeleteFaultAsync("fault_1");

        await emulator.SendAsync("GET", "/_emu/faults/fault_1").AssertProblemAsync(HttpStatusCode.NotFound, "There is no fault rule fault_1; GET /_emu/faults lists those in force.");
        await emulator.SendAsync("DELETE", "/_emu/faults/fault_1").AssertProblemAsync(HttpStatusCode.NotFound, "There is no fault rule fault_1; GET /_emu/faults lists those in force.");
    }

    [Theory]
    [InlineData("""{"effect":{"type":"reset"},"chance":1}""", "There is no field 'chance'; a rule takes: effect, match, count, probability.")]
    [InlineData("""{"effect":{"type":"delay","minutes":1}}""", "There is no field 'effect.minutes'; effect takes: type, seconds.")]
    [InlineData("""{"match":{"path":"/"},"effect":{"type":"reset"}}""", "There is no field 'match.path'; match takes: key, session, method, route, host, direction, nth.")]
    [InlineData("""{"match":{"route":"/v1/usage"},"effect":{"type":"cdp_drop"}}""", "match.route means nothing for this effect, which can be matched by: key, session, direction, nth.")]
    [InlineData("""{"match":{"host":"a.test"},"effect":{"type":"browser_crash"}}""", "match.host means nothing for this effect, which can be matched by: key, session, nth.")]
    [InlineData("""{"match":{"direction":"up"},"effect":{"type":"cdp_drop"}}""", "match.direction must be to_client or to_browser.")]
    [InlineData("""{"match":{"nth":0},"effect":{"type":"reset"}}""", "match.nth must be 1 or more.")]
    [InlineData("""{"match":{"key":"nonsense"},"effect":{"type":"reset"}}""", "match.key must be a whole key that this emulator takes, such as cha_live_my-laptop.")]
    [InlineData("""{"effect":{"type":"delay","seconds":-1}}""", "effect.seconds must be from 0 to 3600.")]
    [InlineData("""{"effect":{"seconds":"1","type":"delay"}}""", "effect.seconds must be a number.")]
    [InlineData("""{"effect":{"type":"reset"},"count":1.5}""", "count must be a whole number.")]
    [InlineData("""{"effect":{"type":"reset"},"match":{"nth":"2"}}""", "match.nth must be a whole number.")]
    [InlineData("""{"effect":{"type":"cdp_close","code":1005}}""", "effect.code must be a close code that may be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999.")]
    [InlineData("""{"effect":{"type":"cdp_stall","after_frames":1,"after_bytes":1}}""", "effect.after_bytes cannot be given together with effect.after_frames.")]
    [InlineData("""{"effect":{"type":"reset"},"probability":2}""", "probability must be from 0 to 1.")]
    [InlineData("""{"effect":{"type":"reset"},"count":0}""", "count must be 1 or more; leave it out for no end.")]
    [InlineData("""{"match":{}}""", "effect is missing.")]
    [InlineData("""7""", "A rule must be a JSON object.")]
    [InlineData("""[]""", "The array has no rule; to take all rules out of force, DELETE /_emu/faults.")]
    public async Task Wrong_rule_is_refused_by_field(string body, string detail) =>
        await shared.Emulator.SendAsync("POST", "/_emu/faults", body).AssertProblemAsync(HttpStatusCode.BadRequest, detail);
}
