using System.Globalization;
using System.Text.Json;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>GET /v1/usage</c>.</summary>
internal static class UsageChecks
{
    private static readonly Source Page = Summary("Bytes and money");

    private static readonly (string Name, string[] Fields)[] Rows =
    [
        ("by_region", ["region", "sessions", "bytes_total", "billed_micro_usd"]),
        ("by_key", ["key_id", "key_prefix", "key_name", "sessions", "bytes_total", "billed_micro_usd"]),
        ("by_day", ["date", "bytes_total", "sessions"]),
    ];

    public static readonly IReadOnlyList<Check> All =
    [
        Documented("usage.fields", "Usage has exactly the seven documented fields", Page, async run => Expect.Fields((await UsageAsync(run)).Json, "Usage", "period", "from", "to", "totals", "by_region", "by_key", "by_day")),
        Documented("usage.period", "period is current", Page, async run => Expect.Equal("period", "current", (await UsageAsync(run)).Text("period"))),
        Documented("usage.from", "from is the first of the month, UTC without fractional digits", Page, async run =>
        {
            var usage = await UsageAsync(run);
            Formats.Expect(usage.Get("from"), "from", "UTC timestamp without fractional digits");
            Expect.True(usage.Text("from").EndsWith("-01T00:00:00Z", StringComparison.Ordinal), $"from must be the start of a month, but is {usage.Text("from")}.");
            Expect.Equal("The month of from", usage.Text("to")[..7], usage.Text("from")[..7]);
        }),
        Documented("usage.to", "to is UTC with three fractional digits", Page, async run => Formats.Expect((await UsageAsync(run)).Get("to"), "to", "UTC timestamp with 3 fractional digits")),
        Documented("usage.totals", "totals has exactly the five documented fields, all integers from 0", Page, async run =>
        {
            var totals = (await UsageAsync(run)).Get("totals");
            Expect.Fields(totals, "totals", "bytes_up", "bytes_down", "bytes_total", "sessions", "billed_micro_usd");
            foreach (var field in totals.EnumerateObject()) Expect.True(totals.Number(field.Name, "totals") >= 0, $"totals.{field.Name} must not be negative.");
        }),
        Documented("usage.bytes-total", "bytes_total is bytes_up plus bytes_down", Lifecycle("Egress accounting"), async run =>
        {
            var totals = (await UsageAsync(run)).Get("totals");
            Expect.Equal("totals.bytes_total", totals.Number("bytes_up", "totals") + totals.Number("bytes_down", "totals"), totals.Number("bytes_total", "totals"));
        }),
        Documented("usage.price", "billed_micro_usd of totals is bytes_total × 5 / 1000, rounded down", Page, async run => ExpectPrice("totals", (await UsageAsync(run)).Get("totals"))),
        .. Rows.Select(row => Documented($"usage.{row.Name.Replace('_', '-')}-fields", $"Each row of {row.Name} has exactly the {row.Fields.Length} documented fields", Page, async run =>
        {
            foreach (var item in await RowsAsync(run, row.Name)) Expect.Fields(item, $"A row of {row.Name}", row.Fields);
        })),
        .. Rows.Take(2).Select(row => Documented($"usage.{row.Name.Replace('_', '-')}-price", $"billed_micro_usd of a row of {row.Name} is bytes_total × 5 / 1000, rounded down", Page, async run =>
        {
            foreach (var item in await RowsAsync(run, row.Name)) ExpectPrice($"A row of {row.Name}", item);
        })),
        .. Rows.SelectMany(row => new[] { "sessions", "bytes_total" }.Select(field =>
            Documented($"usage.{row.Name.Replace('_', '-')}-{field.Replace('_', '-')}", $"The {field} of {row.Name} sum up to totals", Page, async run =>
                Expect.Equal($"The sum of {field} of {row.Name}", (await UsageAsync(run)).Get("totals").Number(field, "totals"), (await RowsAsync(run, row.Name)).Sum(item => item.Number(field, row.Name)))))),
        Documented("usage.key-id", "key_id is a UUID", Page, async run =>
        {
            foreach (var item in await RowsAsync(run, "by_key")) Formats.Expect(item.Field("key_id", "by_key"), "key_id", "UUID");
        }),
        Documented("usage.key-prefix", "A row of by_key has the prefix of the key of this run", Page, async run =>
            Expect.True((await RowsAsync(run, "by_key")).Any(item => run.Options.Key.StartsWith(item.Text("key_prefix", "by_key"), StringComparison.Ordinal)), "No row of by_key has the prefix of the key of this run.")),
        Documented("usage.days", "by_day has each day from the first of the month until today, also days without usage", Page, async run =>
        {
            var usage = await UsageAsync(run);
            var dates = (await RowsAsync(run, "by_day")).Select(item => item.Text("date", "by_day")).ToList();
            var (first, last) = (DateOnly.FromDateTime(usage.Json.Time("from", "usage").UtcDateTime), DateOnly.FromDateTime(usage.Json.Time("to", "usage").UtcDateTime));
            var expected = Enumerable.Range(0, last.DayNumber - first.DayNumber + 1).Select(day => first.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)).ToList();
            Expect.Equal("The dates of by_day", string.Join(" ", expected), string.Join(" ", dates.Order(StringComparer.Ordinal)));
        }),
        Documented("usage.counts-sessions", "A closed session is in totals.sessions", Page, async run =>
        {
            await run.DeletedSessionAsync();
            Expect.True((await UsageAsync(run)).Get("totals").Number("sessions", "totals") >= 1, "totals.sessions must count the sessions of this run.");
        }),
        Documented("usage.counts-bytes", "The bytes of a closed session are in totals", Lifecycle("Egress accounting"), async run =>
        {
            var after = (await run.DeletedSessionAsync()).After;
            Expect.True((await UsageAsync(run)).Get("totals").Number("bytes_up", "totals") >= after.Json.Number("bytes_up", after.Request), "totals.bytes_up is less than the bytes of one session of this run.");
        }) with { Needs = Needs.Browser },
    ];

    /// <summary>One answer for all checks: a session that is open moves the figures.</summary>
    private static Task<Answer> UsageAsync(ConformanceRun run) => run.ObserveAsync("usage", async () =>
    {
        await run.DeletedSessionAsync();
        return (await run.GetAsync("/v1/usage")).Expect(200);
    });

    private static async Task<IReadOnlyList<JsonElement>> RowsAsync(ConformanceRun run, string name)
    {
        var rows = (await UsageAsync(run)).Json.Items(name, "Usage");
        return rows.Count > 0 ? rows : throw new CheckFailedException($"{name} must have a row for the sessions of this run.");
    }

    private static void ExpectPrice(string what, JsonElement row) =>
        Expect.Equal($"{what}: billed_micro_usd of {row.Number("bytes_total", what)} bytes", row.Number("bytes_total", what) * 5 / 1000, row.Number("billed_micro_usd", what));
}
