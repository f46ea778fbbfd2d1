using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>POST /v1/billing/topup</c>. The checkouts are never paid.</summary>
internal static class BillingChecks
{
    private static readonly Source Page = Summary("Bytes and money");

    public static readonly IReadOnlyList<Check> All =
    [
        .. WithNeeds(Needs.Cookie,
        [
            Documented("billing.topup", "A top-up answers exactly the field checkout_url, an absolute URL", Page, async run =>
            {
                var answer = (await run.DashboardAsync("POST", "/v1/billing/topup", """{"amount_usd":50}""")).Expect(200);
                Expect.Fields(answer.Json, "The answer to a top-up", "checkout_url");
                Formats.Expect(answer.Get("checkout_url"), "checkout_url", "http or https URL");
            }),
            Documented("billing.minimum", "amount_usd 10 is accepted", Page, async run => (await run.DashboardAsync("POST", "/v1/billing/topup", """{"amount_usd":10}""")).Expect(200)),
            Documented("billing.below-minimum", "amount_usd 9 gets 400", Page, async run => (await run.DashboardAsync("POST", "/v1/billing/topup", """{"amount_usd":9}""")).Expect(400)),
            Assumed("billing.fraction", "amount_usd 10.5 gets 400", Page, async run => (await run.DashboardAsync("POST", "/v1/billing/topup", """{"amount_usd":10.5}""")).Expect(400)),
            Assumed("billing.missing", "A top-up without amount_usd gets 400", Page, async run => (await run.DashboardAsync("POST", "/v1/billing/topup", "{}")).Expect(400)),
        ]),
    ];
}
