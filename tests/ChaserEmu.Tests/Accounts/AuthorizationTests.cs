using System.Net;
using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Accounts;

/// <summary>Every route of <c>/v1</c> with and without valid credentials.</summary>
public sealed class AuthorizationTests(AuthorizationTests.StrictEmulatorFixture fixture) : IClassFixture<AuthorizationTests.StrictEmulatorFixture>
{
    private const string Session = "/v1/sessions/sess_019ec0d0-a88a-73f2-9741-8030dc82a854";

    private static readonly (string Method, string Path)[] KeyRoutes =
    [
        ("POST", "/v1/sessions"), ("GET", "/v1/sessions"), ("GET", Session), ("DELETE", Session),
        ("POST", Session + "/screenshot"), ("POST", Session + "/preview-token"), ("GET", "/v1/usage"),
    ];

    private static readonly (string Method, string Path)[] DashboardRoutes =
    [
        ("GET", "/v1/keys"), ("POST", "/v1/keys"), ("DELETE", "/v1/keys/key_1"), ("POST", "/v1/keys/key_1/rotate"),
        ("POST", "/v1/billing/topup"), ("GET", "/v1/audit/stream"),
    ];

    public static TheoryData<string, string, string?, string?> UnauthorizedRequests()
    {
        var cases = new TheoryData<string, string, string?, string?>();
        foreach (var (method, path) in KeyRoutes)
        {
            foreach (var key in new[] { null, "", "Bearer", "Bearer none", "Bearer cha_live_", "Bearer cha_prod_x", "Bearer cha_live_unknown", "Basic " + StrictEmulatorFixture.Key, StrictEmulatorFixture.Key })
                cases.Add(method, path, key, null);
            cases.Add(method, path, null, "emulator");
            cases.Add(method, path, null, StrictEmulatorFixture.Key);
        }

        foreach (var (method, path) in DashboardRoutes)
        {
            cases.Add(method, path, null, null);
            cases.Add(method, path, "Bearer " + StrictEmulatorFixture.Key, null);
            cases.Add(method, path, "Bearer " + StrictEmulatorFixture.Key, "someone");
            cases.Add(method, path, null, "cha_live_unknown");
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(UnauthorizedRequests))]
    public async Task A_route_without_its_key_or_cookie_returns_401(string method, string path, string? authorization, string? cookie)
    {
        var request = CreateRequest(method, path);
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (cookie is not null) request.Headers.Add("Cookie", "chaser_session=" + cookie);

        using var answer = await fixture.Emulator.SendAsync(request);

        await Task.FromResult(answer).AssertErrorAsync(401, "unauthorized", "Missing or invalid API key.");
        Assert.Equal(DashboardRoutes.Contains((method, path)) ? "Cookie cookie-name=\"chaser_session\"" : "Bearer", answer.Headers.WwwAuthenticate.ToString());
    }

    /// <summary>Verifies that the routes in the table above exist.</summary>
    [Fact]
    public async Task A_route_with_its_key_or_cookie_is_accepted()
    {
        foreach (var (routes, header, value) in new[] { (KeyRoutes, "Authorization", "Bearer " + StrictEmulatorFixture.Key), (DashboardRoutes, "Cookie", "chaser_session=emulator") })
        {
            foreach (var (method, path) in routes)
            {
                var request = CreateRequest(method, path);
                request.Headers.Add(header, value);
                using var client = fixture.Emulator.CreateClient(null);
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                Assert.True((int)response.StatusCode is 200 or 201 or 400 or 404, $"{method} {path}: {(int)response.StatusCode}");
                if (response.StatusCode is HttpStatusCode.NotFound)
                    Assert.DoesNotContain(ApiError.NotFound.Message, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            }
        }
    }

    private HttpRequestMessage CreateRequest(string method, string path) => new(new HttpMethod(method), new Uri(fixture.Emulator.Address, path));

    /// <summary>One emulator for all cases: rejected requests do not change it.</summary>
    public sealed class StrictEmulatorFixture : IAsyncLifetime
    {
        public const string Key = "cha_test_seeded";

        internal Emulator Emulator { get; } = Emulator.Start("Auth:Mode=strict", "Auth:Keys:0=" + Key);

        public Task InitializeAsync() => Task.CompletedTask;

        public async Task DisposeAsync() => await Emulator.DisposeAsync();
    }
}
