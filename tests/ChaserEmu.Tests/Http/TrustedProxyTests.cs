using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChaserEmu.Tests.Http;

/// <summary>An emulator behind a reverse proxy that ends TLS.</summary>
public sealed class TrustedProxyTests
{
    [Theory]
    [InlineData("127.0.0.1", "wss://emu.example.test/sessions/")]
    [InlineData("127.0.0.0/8", "wss://emu.example.test/sessions/")]
    [InlineData("10.0.0.0/8", "ws://127.0.0.1:")]
    [InlineData(null, "ws://127.0.0.1:")]
    public async Task Forwarded_headers_are_believed_from_trusted_proxies_alone(string? trusted, string start)
    {
        await using var emulator = Emulator.Start(["Security:AllowedHosts:0=emu.example.test", .. trusted is null ? Array.Empty<string>() : [$"Public:TrustedProxies:0={trusted}"]]);
        using var client = emulator.Client();
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "emu.example.test");
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");

        using var answer = await client.PostAsJsonAsync("/v1/sessions", new { });

        Assert.StartsWith(start, (await answer.Content.ReadFromJsonAsync<JsonElement>()).Text("cdp_url"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forwarded_host_is_guarded_like_any_other()
    {
        await using var emulator = Emulator.Start("Public:TrustedProxies:0=127.0.0.1");
        using var client = emulator.Client();
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "evil.example.com");

        using var answer = await client.GetAsync("/v1/sessions");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task The_configured_address_comes_before_what_a_proxy_says()
    {
        await using var emulator = Emulator.Start("Public:TrustedProxies:0=127.0.0.1", "Public:BaseUrl=https://front.example.test:8443");
        using var client = emulator.Client();
        client.DefaultRequestHeaders.Add("X-Forwarded-Host", "localhost:1");

        Assert.StartsWith("wss://front.example.test:8443/sessions/", (await client.CreateSessionAsync()).Text("cdp_url"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_is_no_address_is_refused_at_the_start() => Assert.Equal(
        "Public:TrustedProxies has 'proxy.test', but must have addresses or networks such as 10.0.0.5 or 10.0.0.0/8.",
        await Emulator.RefusalAsync("Storage:Path=:memory:", "Public:TrustedProxies:0=proxy.test"));
}
