using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary>Sessions of <c>cha_test_</c> keys.</summary>
internal static class TestModeChecks
{
    private static readonly Source Page = Summary("Authentication");

    public static readonly IReadOnlyList<Check> All =
    [
        .. WithNeeds(Needs.TestKey,
        [
            Documented("test-mode.lifecycle", "A session in test mode becomes ready and can be deleted", Page, async run => (await run.DeletedSessionAsync()).Deleted.Expect(204)),
            Documented("test-mode.price", "Sessions in test mode are not billed", Page, async run =>
            {
                await run.DeletedSessionAsync();
                var usage = (await run.GetAsync("/v1/usage")).Expect(200);
                foreach (var row in usage.Json.Items("by_key", usage.Request).Where(row => row.Text("key_prefix", "by_key").StartsWith("cha_test_", StringComparison.Ordinal)))
                    Expect.Equal("billed_micro_usd of a test-mode key", 0L, row.Number("billed_micro_usd", "by_key"));
            }),
            Assumed("test-mode.cdp", "A CDP upgrade in test mode gets 409 session_not_provisioned", Page, async run =>
                (await run.UpgradeAsync((await run.ReadySessionAsync()).Created.Text("cdp_url"))).ExpectError(409, "session_not_provisioned")),
            Assumed("test-mode.screenshot", "A screenshot in test mode gets 409 session_not_provisioned", Page, async run =>
                (await run.PostAsync((await run.ReadySessionAsync()).Path + "/screenshot")).ExpectError(409, "session_not_provisioned")),
        ]),
    ];
}
