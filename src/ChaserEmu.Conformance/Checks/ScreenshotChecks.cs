using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>POST /v1/sessions/{id}/screenshot</c>.</summary>
internal static class ScreenshotChecks
{
    private const int PerMinute = 60;
    private static readonly Source Page = Summary("Sessions");

    public static readonly IReadOnlyList<Check> All =
    [
        .. WithNeeds(Needs.Browser,
        [
            Documented("screenshot.exists", "A screenshot of a ready session is answered with 200", Page, async run => await TakeAsync(run, null)),
            Assumed("screenshot.png", "Without a body, the image is a PNG", Page, async run => ExpectImage(await TakeAsync(run, null), "image/png", [0x89, 0x50, 0x4e, 0x47])),
            Assumed("screenshot.jpeg", "format jpeg gives a JPEG", Page, async run => ExpectImage(await TakeAsync(run, """{"format":"jpeg","quality":50,"full_page":true}"""), "image/jpeg", [0xff, 0xd8])),
            .. new[] { ("format", """{"format":"gif"}"""), ("quality", """{"quality":0}"""), ("full-page", """{"full_page":1}""") }.Select(invalid =>
                Assumed($"screenshot.invalid-{invalid.Item1}", $"{invalid.Item2} gets 400 invalid_request", Page, async run =>
                    (await run.PostAsync((await run.ReadySessionAsync()).Path + "/screenshot", invalid.Item2)).ExpectError(400, "invalid_request"))),
            Documented("screenshot.rate", "The 61st screenshot of a session in a minute gets 429 rate_limited with Retry-After", Summary("Limits"), async run =>
            {
                var path = (await run.ReadySessionAsync()).Path + "/screenshot";
                for (var taken = 0; taken <= PerMinute; taken++)
                {
                    var answer = await run.SendAsync(new Call("POST", path) { Authorization = $"Bearer {run.Options.Key}" }, retry: false);
                    if (answer.Status == 200) continue;
                    LimitChecks.ExpectRetryAfter(answer.ExpectError(429, "rate_limited"));
                    return;
                }

                throw new CheckFailedException($"The server took more than {PerMinute} screenshots of a session in a minute.");
            }) with { Needs = Needs.Slow },
        ]),
    ];

    private static async Task<Answer> TakeAsync(ConformanceRun run, string? body) => (await run.PostAsync((await run.ReadySessionAsync()).Path + "/screenshot", body)).Expect(200);

    private static void ExpectImage(Answer answer, string contentType, ReadOnlySpan<byte> signature)
    {
        Expect.Equal("The content type of the screenshot", contentType, answer.ContentType);
        Expect.True(answer.Body.AsSpan().StartsWith(signature), $"The screenshot must be {contentType}, but its first bytes are others.");
    }
}
