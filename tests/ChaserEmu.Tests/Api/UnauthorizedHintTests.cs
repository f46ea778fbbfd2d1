using System.Net;
using System.Net.Http.Json;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Api;

/// <summary>The body of a 401 is the same for all causes, as the service sends it. A header and the log say why.</summary>
public sealed class UnauthorizedHintTests(SharedEmulatorFixture shared) : IClassFixture<SharedEmulatorFixture>
{
    private readonly Emulator _emulator = shared.Emulator;

    [Theory]
    [InlineData("/v1/usage", null, null, "No API key was sent: send 'Authorization: Bearer cha_live_my-laptop'.")]
    [InlineData("/v1/usage", null, "emulator", "This route needs an API key, not the cookie chaser_session: send 'Authorization: Bearer cha_live_my-laptop'.")]
    [InlineData("/v1/usage", "cha_test_a-test", null, "The header Authorization does not begin with 'Bearer '.")]
    [InlineData("/v1/usage", "Bearer sk_live_abc", null, "A key is cha_live_ or cha_test_ and 1 to 128 letters, digits, - or _, such as cha_live_my-laptop.")]
    [InlineData("/v1/keys", null, null, "No cookie was sent: send 'Cookie: chaser_session=' and the value of Auth:DashboardCookie, or a key.")]
    [InlineData("/v1/keys", "Bearer cha_test_a-test", null, "This route needs the cookie chaser_session, not a key in Authorization: send 'Cookie: chaser_session=' and the value of Auth:DashboardCookie, or a key.")]
    [InlineData("/v1/keys", null, "wrong", "The cookie chaser_session is not the value of Auth:DashboardCookie, and no accepted key. A key is cha_live_ or cha_test_ and 1 to 128 letters, digits, - or _, such as cha_live_my-laptop.")]
    public async Task A_401_says_what_is_wrong(string path, string? authorization, string? cookie, string hint)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (cookie is not null) request.Headers.Add("Cookie", "chaser_session=" + cookie);
        using var client = _emulator.CreateClient(null);

        using var answer = await client.SendAsync(request);

        Assert.Equal(hint, Assert.Single(answer.Headers.GetValues("x-chaser-emu-hint")));
        await answer.AssertErrorCodeAsync(401, "unauthorized", "Missing or invalid API key.");
    }

    [Fact]
    public async Task A_revoked_key_and_an_unknown_key_are_told_apart_in_the_header_and_in_the_log()
    {
        await using var emulator = Emulator.Start("Auth:Mode=strict", $"Auth:Keys:0={Emulator.TestKey}", "Logging:LogLevel:ChaserEmu.Calls=Information");
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var key = await (await user.PostAsJsonAsync("/v1/keys", new { })).ReadJsonAsync(HttpStatusCode.Created);
        Assert.Equal(HttpStatusCode.NoContent, (await user.DeleteAsync($"/v1/keys/{key.Id()}")).StatusCode);

        var revoked = await GetHintAsync(key.Text("secret")!);
        Assert.StartsWith("The key was revoked at 20", revoked, StringComparison.Ordinal);
        var unknown = await GetHintAsync("cha_test_unknown");
        Assert.Equal("Auth:Mode is strict: only keys of Auth:Keys and keys created at /v1/keys are accepted.", unknown);
        foreach (var hint in new[] { revoked, unknown }) Assert.Contains(emulator.Logs.Lines, line => line.StartsWith("GET /v1/usage 401 ", StringComparison.Ordinal) && line.Trim().EndsWith($"unauthorized {hint}", StringComparison.Ordinal));

        async Task<string> GetHintAsync(string secret)
        {
            using var client = emulator.CreateClient(secret);
            using var answer = await client.GetAsync("/v1/usage");
            return answer.Headers.GetValues("x-chaser-emu-hint").Single();
        }
    }
}
