using System.Text.Json;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>GET /v1/sessions</c>.</summary>
internal static class ListChecks
{
    private const int DefaultLimit = 20;
    private static readonly Source Page = Summary("Sessions");

    public static readonly IReadOnlyList<Check> All =
    [
        Documented("list.fields", "A list has exactly the fields object, data, next_cursor and has_more", Page, async run => Expect.Fields((await ListAsync(run, "")).Json, "A list", "object", "data", "next_cursor", "has_more")),
        Documented("list.object", "object is list", Page, async run => Expect.Equal("object", "list", (await ListAsync(run, "")).Text("object"))),
        Documented("list.newest-first", "The newest session is first", Page, async run =>
        {
            await run.OpenSessionAsync();
            var newest = (await run.DeletedSessionAsync()).Session.Created;
            var list = await ListAsync(run, "?limit=100");
            var times = list.Json.Items("data", list.Request).Select(session => session.Time("created_at", list.Request)).ToList();
            Expect.True(times.Zip(times.Skip(1)).All(pair => pair.First >= pair.Second), "The sessions must be in the order of created_at, newest first.");
            Expect.True(times.Count > 0 && times[0] >= newest.Json.Time("created_at", newest.Request), "The first session is older than one that was created before the request.");
        }),
        Documented("list.ended", "A list has ended sessions, too", Page, async run =>
        {
            var id = (await run.DeletedSessionAsync()).Session.Id;
            var list = await ListAsync(run, "?limit=100");
            Expect.True(list.Json.Items("data", list.Request).Any(session => session.Text("id", list.Request) == id), "The list does not contain the session that was deleted.");
        }),
        Documented("list.limit", "limit is the largest number of sessions of a page", Page, async run =>
        {
            await TwoSessionsAsync(run);
            var page = await ListAsync(run, "?limit=1");
            Expect.Equal("The number of sessions with limit=1", 1, page.Json.Items("data", page.Request).Count);
        }),
        Documented("list.has-more", "With a next page, has_more is true and next_cursor a text", Page, async run =>
        {
            await TwoSessionsAsync(run);
            var page = await ListAsync(run, "?limit=1");
            Expect.Equal("has_more", JsonValueKind.True, page.Get("has_more").ValueKind);
            Expect.True(page.Get("next_cursor") is { ValueKind: JsonValueKind.String } cursor && cursor.GetString()!.Length > 0, "next_cursor must be a text if there is a next page.");
        }),
        Documented("list.cursor", "next_cursor continues after the last session of the page, without gaps and repetitions", Page, async run =>
        {
            await TwoSessionsAsync(run);
            var both = await ListAsync(run, "?limit=2");
            var first = await ListAsync(run, "?limit=1");
            var second = await ListAsync(run, $"?limit=1&cursor={Uri.EscapeDataString(first.Text("next_cursor"))}");
            Expect.Equal("The session on the second page", Ids(both)[1], Ids(second).FirstOrDefault());
        }),
        Documented("list.last-page", "On the last page, has_more is false and next_cursor null", Page, async run =>
        {
            await TwoSessionsAsync(run);
            var page = await ListAsync(run, "?limit=100");
            for (var pages = 1; pages < 50 && page.Get("has_more").ValueKind is JsonValueKind.True; pages++) page = await ListAsync(run, $"?limit=100&cursor={Uri.EscapeDataString(page.Text("next_cursor"))}");
            if (page.Get("has_more").ValueKind is JsonValueKind.True) throw new CheckSkippedException("The workspace has more than 5000 sessions.");
            Expect.Equal("has_more on the last page", JsonValueKind.False, page.Get("has_more").ValueKind);
            Expect.Equal("next_cursor on the last page", JsonValueKind.Null, page.Get("next_cursor").ValueKind);
        }),
        .. new[] { "0", "101", "-1", "x" }.Select(limit => Documented($"list.invalid-limit-{limit.Replace("-1", "negative", StringComparison.Ordinal)}", $"limit={limit} gets 400", Page, async run =>
            (await run.GetAsync($"/v1/sessions?limit={limit}")).Expect(400))),
        Documented("list.limit-100", "limit=100 is accepted", Page, async run => (await run.GetAsync("/v1/sessions?limit=100")).Expect(200)),
        Assumed("list.invalid-cursor", "A cursor that the server did not issue gets 400 invalid_request", Page, async run => (await run.GetAsync("/v1/sessions?cursor=x")).ExpectError(400, "invalid_request")),
        Documented("list.default-limit", "Without limit, a page has 20 sessions", Page, async run =>
        {
            await run.LimitsAsync();
            var all = await ListAsync(run, "?limit=100");
            var page = await ListAsync(run, "");
            Expect.Equal("The number of sessions without limit", Math.Min(DefaultLimit, Ids(all).Count), Ids(page).Count);
        }) with { Stage = Stage.Limits },
    ];

    private static async Task<Answer> ListAsync(ConformanceRun run, string query) => (await run.GetAsync("/v1/sessions" + query)).Expect(200);

    private static List<string> Ids(Answer list) => [.. list.Json.Items("data", list.Request).Select(session => session.Text("id", list.Request))];

    private static async Task TwoSessionsAsync(ConformanceRun run)
    {
        await run.OpenSessionAsync();
        await run.DeletedSessionAsync();
    }
}
