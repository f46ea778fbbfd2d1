using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChaserEmu.Tests.Http;

/// <summary>An emulator behind a reverse proxy that terminates TLS.</summary>
public sealed class TrustedProxyTests
{
    [Theory]
    [InlineData("127.0.0.1", "wss://emu.example.test/sessions/")]
    [InlineData("127.0.0.0/8", "wss://emu.example.test/sessions/")]
    [InlineData("10.0.0.0/8", "ws://127.0.0.1:")]
    [InlineData(null, "ws://127.0.0.1:")]
    public async Task Forwarded_headers_are_used_only_from_trusted_proxies(string? trusted, string start)
    {
        await using var emulator = Emulator.Start(["Security:AllowedHosts:0=emu.example.test", .. trusted is null ? Array.Empty<string>() : [$"Public:TrustedProxies:0={trusted}"]]);
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "emu.example.test");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");

        using var answer = await client.PostAsJsonAsync("/v1/sessions", new { });

        Assert.StartsWith(start, (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("cdp_url"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarded_host_is_checked_like_any_other()
    {
        await using var emulator = Emulator.Start("Public:TrustedProxies:0=127.0.0.1");
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.example.com");

        using var answer = await client.GetAsync("/v1/sessions");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Public_BaseUrl_overrides_forwarded_headers()
    {
        await using var emulator = Emulator.Start("Public:TrustedProxies:0=127.0.0.1", "Public:BaseUrl=https://front.example.test:8443");
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "localhost:1");

        Assert.StartsWith("wss://front.example.test:8443/sessions/", (await client.CreateSessionAsync()).Text("cdp_url"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_invalid_trusted_proxy_stops_the_start() => Assert.Equal(
        "Public:TrustedProxies contains 'proxy.test', which is not an IP address or network. Use a form such as 10.0.0.5 or 10.0.0.0/8.",
        await Emulator.GetStartErrorAsync("Storage:Path=:memory:", "Public:TrustedProxies:0=proxy.test"));
}
