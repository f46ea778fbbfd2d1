using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Http;

/// <summary>HEAD answers wherever GET does: the same status and headers, and no body (RFC 9110, section 9.3.2).</summary>
public sealed class HeadRequestTests
{
    /// <summary>Routes of the OpenAPI documents and of Swagger, which are not endpoints of the application.</summary>
    private static readonly string[] Others = ["/openapi.yaml", "/openapi.json", "/openapi/3.0.yaml", "/openapi/2.0.yaml", "/swagger/index.html", "/nothing"];

    [Fact]
    public async Task HEAD_answers_wherever_GET_does_with_the_same_status_and_headers_and_no_body()
    {
        await using var emulator = Emulator.Start("Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true");
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Add("Cookie", "chaser_session=" + Emulator.TestKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        var checkout = (await (await client.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 50 })).ReadJsonAsync()).Text("checkout_url")!;

        var routes = emulator.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(endpoint =>
            (Path: endpoint.RoutePattern.RawText!, Methods: endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])).ToList();
        Assert.All(routes, route => Assert.Equal(route.Methods.Contains("GET"), route.Methods.Contains("HEAD")));
        var paths = routes.Where(route => route.Methods.Contains("GET")).Select(route => route.Path
            .Replace("{id}", id, StringComparison.Ordinal).Replace("{target}", "any", StringComparison.Ordinal).Replace("{token}", checkout.Split('/')[^1], StringComparison.Ordinal)).ToList();
        Assert.True(paths.Count > 20);

        foreach (var path in paths.Concat(Others))
        {
            var head = await ReadAsync(emulator, client, HttpMethod.Head, path);
            var get = await ReadAsync(emulator, client, HttpMethod.Get, path);
            Assert.Equal((path, get.Status), (path, head.Status));
            Assert.Equal((path, ""), (path, head.Body));

            // HEAD may leave out the length (RFC 9110, section 9.3.2), but it must not be wrong. Metrics differ between any two requests.
            var isComparable = path != "/metrics" && head.Headers.Contains("Content-Length", StringComparison.Ordinal);
            var ignored = isComparable ? "" : "Content-Length";
            Assert.Equal(Filter(get.Headers, ignored), Filter(head.Headers, ignored));
        }
    }

    [Fact]
    public async Task HEAD_of_a_checkout_does_not_credit_the_workspace()
    {
        await using var emulator = Emulator.Start();
        using var user = emulator.CreateDashboardClient();
        var checkout = (await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 50 })).ReadJsonAsync()).Text("checkout_url")!;

        using (var head = await user.SendAsync(new HttpRequestMessage(HttpMethod.Head, checkout))) Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        using (var unknown = await user.SendAsync(new HttpRequestMessage(HttpMethod.Head, checkout[..^1]))) Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);

        Assert.Contains("<h1>Paid</h1>", await user.PayAsync(checkout), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HEAD_with_the_headers_of_a_WebSocket_handshake_is_not_upgraded()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Path=none");
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();

        var answer = await emulator.SendRawAsync(
            $"HEAD /sessions/{id} HTTP/1.1\r\nHost: emu\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_journal_records_HEAD_without_a_response_body()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        using (await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/v1/sessions"))) { }

        var entry = Assert.Single((await client.GetFromJsonAsync<JsonElement>("/_emu/journal?method=HEAD")).GetProperty("entries").EnumerateArray());
        Assert.Equal(("HEAD", "listSessions", 200), (entry.Text("method"), entry.Text("operation"), entry.GetProperty("status").GetInt32()));
        Assert.True(!entry.TryGetProperty("response_body", out var body) || body.ValueKind is JsonValueKind.Null);
    }

    private static async Task<(HttpStatusCode Status, string Headers, string Body)> ReadAsync(Emulator emulator, HttpClient client, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(emulator.Address, path));
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var headers = string.Concat(response.Headers.Concat(response.Content.Headers).OrderBy(header => header.Key, StringComparer.Ordinal)
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}\n"));

        // The body of an event stream does not end.
        var body = method == HttpMethod.Get ? "" : await response.Content.ReadAsStringAsync();
        return (response.StatusCode, headers, body);
    }

    private static string Filter(string headers, string without) => string.Concat(headers.Split('\n')
        .Where(line => !line.StartsWith("Date:", StringComparison.Ordinal) && !line.StartsWith("Transfer-Encoding:", StringComparison.Ordinal))
        .Where(line => without.Length == 0 || !line.StartsWith(without, StringComparison.Ordinal)).Select(line => line + "\n"));
}
