using System.Net;

namespace ChaserEmu.Tests.Http;

/// <summary>Requests with a foreign <c>Origin</c> are refused.</summary>
public sealed class OriginTests(SharedEmulatorFixture shared) : IClassFixture<SharedEmulatorFixture>
{
    private const string Refusal = "Requests from web pages of another origin are refused.";

    private readonly Emulator _emulator = shared.Emulator;

    [Theory]
    [InlineData("https://evil.test")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://127.0.0.1")]
    [InlineData("null")]
    [InlineData("chrome-extension://abcdefghijklmnop")]
    [InlineData("devtools-evil://x")]
    public async Task A_foreign_origin_is_refused_on_every_route(string origin)
    {
        await SendAsync("/v1/sessions", origin).AssertErrorAsync(403, "forbidden", Refusal);
        await SendAsync("/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854", origin).AssertErrorAsync(403, "forbidden", Refusal);
        await SendAsync("/nothing", origin).AssertErrorAsync(403, "forbidden", Refusal);
        await SendAsync("/_emu/clock", origin).AssertProblemAsync(HttpStatusCode.Forbidden, Refusal);
    }

    [Fact]
    public async Task The_emulators_own_pages_and_DevTools_are_allowed()
    {
        foreach (var origin in new[] { _emulator.Address.GetLeftPart(UriPartial.Authority), "devtools://devtools" })
            Assert.Equal(HttpStatusCode.OK, (await SendAsync("/_emu/clock", origin)).StatusCode);
    }

    [Fact]
    public async Task Every_answer_names_the_emulators_version()
    {
        foreach (var path in new[] { "/_emu/clock", "/v1/sessions", "/nothing" })
            Assert.Matches(@"^\d+\.\d+\.\d+", Assert.Single((await SendAsync(path, "http://x.test")).Headers.GetValues("x-chaser-emu")));
    }

    private Task<HttpResponseMessage> SendAsync(string path, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_emulator.Address, path));
        request.Headers.TryAddWithoutValidation("Origin", origin);
        return _emulator.SendAsync(request);
    }
}
