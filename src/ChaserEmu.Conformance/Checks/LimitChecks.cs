using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary>The limits of a workspace. All judge the same observation: until they end, no other check creates sessions.</summary>
internal static class LimitChecks
{
    private static readonly Source Page = Summary("Limits");

    public static readonly IReadOnlyList<Check> All =
    [
        .. new Check[]
        {
            Documented("limit.concurrency", "10 sessions can be open at once, and not more", Page, async run =>
            {
                var limits = await run.LimitsAsync();
                Expect.True(limits.ConcurrencyRefusal is not null, $"The server accepted {limits.Open} open sessions.");
                Expect.Equal("The number of open sessions at the first refusal", ConformanceRun.MaxOpenSessions, limits.Open);
            }),
            Documented("limit.concurrency-code", "The next creation gets 429 concurrency_limit", Page, async run => (await ConcurrencyAsync(run)).ExpectError(429, "concurrency_limit")),
            Documented("limit.concurrency-message", "The message of concurrency_limit is the documented one", Summary("Errors"), async run =>
                Expect.Equal("The message of concurrency_limit", "Concurrency limit reached.", (await ConcurrencyAsync(run)).Expect(429).Get("error").Text("message", "429"))),
            Documented("limit.concurrency-retry-after", "concurrency_limit has Retry-After in seconds", Page, async run => ExpectRetryAfter(await ConcurrencyAsync(run))),
            Documented("limit.rate", "20 sessions can be created in a minute, and not more", Page, async run =>
            {
                var limits = await RateAsync(run);
                if (limits.RateRefusal is null) throw new CheckFailedException($"The server accepted {limits.CreatedInOneMinute} creations in a minute.");
                Expect.True(limits.CreatedInOneMinute >= ConformanceRun.MaxCreationsPerMinute, $"The server refused after {limits.CreatedInOneMinute} creations in a minute. Does something else use the workspace?");
            }),
            Documented("limit.rate-code", "The next creation gets 429 rate_limited", Page, async run => (await RateRefusalAsync(run)).ExpectError(429, "rate_limited")),
            Documented("limit.rate-message", "The message of rate_limited is the documented one", Summary("Errors"), async run =>
                Expect.Equal("The message of rate_limited", "Too many requests.", (await RateRefusalAsync(run)).Expect(429).Get("error").Text("message", "429"))),
            Documented("limit.rate-retry-after", "rate_limited has Retry-After in seconds, at most 60", Page, async run =>
            {
                var refusal = await RateRefusalAsync(run);
                ExpectRetryAfter(refusal);
                Expect.True(refusal.RetryAfter <= 60, $"Retry-After of rate_limited must be at most 60, but is {refusal.RetryAfter}.");
            }),
            Documented("limit.retry-after-is-enough", "After Retry-After, a creation is accepted", Summary("Client advice"), async run =>
            {
                var refusal = await RateRefusalAsync(run);
                ExpectRetryAfter(refusal);
                (await run.CreateAfterAsync((await run.LimitsAsync()).RateRefusedAt, refusal.RetryAfter!.Value)).Expect(201);
            }),
            Assumed("limit.delete", "DELETE is never limited", Page, async run =>
            {
                foreach (var answer in (await run.LimitsAsync()).Deletes) answer.Expect(204);
            }),
        }.Select(check => check with { Stage = Stage.Limits }),
    ];

    public static void ExpectRetryAfter(Answer answer) => Expect.True(answer.RetryAfter is not null, $"{answer.Request}: the 429 must have Retry-After with a number of seconds from 1.");

    private static async Task<Answer> ConcurrencyAsync(ConformanceRun run) =>
        (await run.LimitsAsync()).ConcurrencyRefusal ?? throw new CheckFailedException("The server refused no creation because of open sessions.");

    private static async Task<LimitsReached> RateAsync(ConformanceRun run)
    {
        var limits = await run.LimitsAsync();
        return limits.RateSkipReason is { } reason ? throw new CheckSkippedException(reason) : limits;
    }

    private static async Task<Answer> RateRefusalAsync(ConformanceRun run) =>
        (await RateAsync(run)).RateRefusal ?? throw new CheckFailedException("The server refused no creation because of its rate.");
}
