using System.Net.WebSockets;
using System.Text.Json;
using static ChaserEmu.Conformance.Check;
using static ChaserEmu.Conformance.Source;

namespace ChaserEmu.Conformance.Checks;

/// <summary><c>POST /v1/sessions/{id}/preview-token</c> and the live view.</summary>
internal static class PreviewChecks
{
    private const int TokensPerMinute = 10;
    private static readonly Source Page = Summary("Sessions");
    private static readonly TimeSpan FrameTimeout = TimeSpan.FromSeconds(20);

    public static readonly IReadOnlyList<Check> All =
    [
        .. WithNeeds(Needs.Browser,
        [
            Documented("preview.fields", "A preview token has exactly the fields url, expires_at, input_enabled and fps", Page, async run => Expect.Fields((await TokenAsync(run)).Json, "A preview token", "url", "expires_at", "input_enabled", "fps")),
            Documented("preview.url", "url is a WebSocket URL of the session's preview, with a token", Page, async run =>
            {
                var token = await TokenAsync(run);
                Formats.Expect(token.Get("url"), "url", "ws or wss URL");
                var expected = $"/sessions/{(await run.ReadySessionAsync()).Id}/preview?token=";
                Expect.True(token.Text("url").Contains(expected, StringComparison.Ordinal), $"url must contain {expected}, but is {token.Text("url")}.");
            }),
            Documented("preview.expires-at", "expires_at is UTC with three fractional digits", Page, async run => Formats.Expect((await TokenAsync(run)).Get("expires_at"), "expires_at", "UTC timestamp with 3 fractional digits")),
            Documented("preview.input-enabled", "input_enabled is true or false", Page, async run => Expect.True((await TokenAsync(run)).Get("input_enabled").ValueKind is JsonValueKind.True or JsonValueKind.False, "input_enabled must be true or false.")),
            Documented("preview.fps", "fps is 5", Page, async run => Expect.Equal("fps", 5L, (await TokenAsync(run)).Json.Number("fps", "A preview token"))),
            Assumed("preview.jwt", "The token is a JWT, as in the example", Page, async run =>
            {
                var url = (await TokenAsync(run)).Text("url");
                Expect.True(url[(url.IndexOf("token=", StringComparison.Ordinal) + 6)..] is var token && token.StartsWith("eyJ", StringComparison.Ordinal) && token.Count(letter => letter == '.') == 2, "The token must be a JWT.");
            }),
            Assumed("preview.frames", "The live view sends binary messages with JPEG images", Page, VerifyFramesAsync) with { Needs = Needs.Cdp },
            Documented("preview.rate", "The 11th token of a session in a minute gets 429 rate_limited", Summary("Limits"), async run => (await RefusedAsync(run)).ExpectError(429, "rate_limited")),
            Documented("preview.retry-after", "The 429 has Retry-After in seconds", Summary("Limits"), async run => LimitChecks.ExpectRetryAfter(await RefusedAsync(run))),
        ]),
    ];

    private static Task<Answer> TokenAsync(ConformanceRun run) => run.ObserveAsync("preview token", async () =>
        (await run.PostAsync((await run.ReadySessionAsync()).Path + "/preview-token")).Expect(200));

    /// <summary>Requests tokens until the server refuses, or accepts one too many.</summary>
    private static Task<Answer> RefusedAsync(ConformanceRun run) => run.ObserveAsync("refused preview token", async () =>
    {
        var path = (await run.DeletableSessionAsync()).Path + "/preview-token";
        for (var accepted = 0; accepted <= TokensPerMinute; accepted++)
        {
            var answer = await run.SendAsync(new Call("POST", path) { Authorization = $"Bearer {run.Options.Key}" }, retry: false);
            if (answer.Status == 200) continue;
            Expect.Equal("The number of tokens of a session in a minute before the first refusal", TokensPerMinute, accepted);
            return answer;
        }

        throw new CheckFailedException($"The server issued more than {TokensPerMinute} preview tokens for a session in a minute.");
    });

    private static async Task VerifyFramesAsync(ConformanceRun run)
    {
        using var socket = new ClientWebSocket();
        var address = new Uri((await TokenAsync(run)).Text("url"));
        if (address.IsLoopback) socket.Options.Proxy = null;
        using var timeout = new CancellationTokenSource(FrameTimeout, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, run.Cancellation);
        try
        {
            await socket.ConnectAsync(address, both.Token);
            var buffer = new byte[64 * 1024];
            WebSocketReceiveResult part;
            do part = await socket.ReceiveAsync(buffer, both.Token);
            while (part.MessageType is WebSocketMessageType.Text);
            Expect.True(part.MessageType is WebSocketMessageType.Binary && part.Count > 2 && buffer is [0xff, 0xd8, ..], "The first binary message must be a JPEG image.");
        }
        catch (Exception exception) when (exception is WebSocketException || (exception is OperationCanceledException && !run.Cancellation.IsCancellationRequested))
        {
            throw new CheckFailedException($"The live view sent no frame: {exception.Message}");
        }
    }
}
