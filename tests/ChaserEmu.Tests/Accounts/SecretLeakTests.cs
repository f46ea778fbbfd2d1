using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests.Accounts;

/// <summary>A key is in no file and, even at level Trace, in no log.</summary>
public sealed class SecretLeakTests : IDisposable
{
    private static readonly string[] TraceSettings = [.. new[] { "Default", "ChaserEmu", "Microsoft", "Microsoft.AspNetCore", "Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.EntityFrameworkCore", "Microsoft.Extensions.Hosting", "Microsoft.Hosting.Lifetime", "Yarp" }
        .Select(category => $"Logging:LogLevel:{category}=Trace"), "Logging:Console:LogLevel:Default=None"];

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task Keys_are_kept_as_hashes_and_never_logged()
    {
        const string Seeded = "cha_live_seeded-and-secret-0123456789";
        const string Unseeded = "cha_test_used-and-secret-0123456789";
        const string Malformed = "cha_nonsense_refused-and-secret-0123456789";
        const string Imported = "cha_test_imported-and-secret-0123456789";
        string created;
        CapturingLogger logs;
        await using (var emulator = Emulator.StartIn(_folder, [.. TraceSettings, $"Auth:Keys:0={Seeded}"]))
        {
            logs = emulator.Logs;
            using var client = emulator.CreateClient(Unseeded);
            var session = await client.CreateReadySessionAsync();
            using (var rejected = emulator.CreateClient(Malformed)) await rejected.GetAsync("/v1/sessions");
            using (var dashboard = emulator.CreateDashboardClient(Seeded))
            {
                var key = await (await dashboard.PostAsJsonAsync("/v1/keys", new { name = "another" })).ReadJsonAsync(System.Net.HttpStatusCode.Created);
                created = key.Text("secret")!;
                using var rotated = await dashboard.PostAsync($"/v1/keys/{key.Id()}/rotate", null);
            }

            using (var fresh = emulator.CreateClient(created)) await fresh.GetAsync("/v1/usage");
            await client.PostAsJsonAsync("/_emu/faults", new { match = new { key = Unseeded }, effect = new { type = "delay", seconds = 0 } });
            await client.PostAsJsonAsync("/_emu/reset", new { key = Unseeded });
            await client.GetAsync($"/sessions/{session.Id()}");
            await client.GetAsync("/_emu/journal");
            using var state = new StringContent($$"""{"version":1,"workspaces":[{"key":"{{Imported}}"},{"key":"{{Unseeded}}"}]}""");
            (await client.PutAsync("/_emu/state", state)).EnsureSuccessStatusCode();
        }

        var files = string.Concat(Directory.EnumerateFiles(_folder).Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
        foreach (var traceLine in new[] { "Request starting", "candidate(s) found for the request path", "Executing endpoint" })
            Assert.Contains(logs.Lines, line => line.Contains(traceLine, StringComparison.Ordinal));
        foreach (var key in new[] { Seeded, Unseeded, Malformed, Imported, created })
        {
            var secret = key[^20..];
            Assert.DoesNotContain(logs.Lines, line => line.Contains(secret, StringComparison.Ordinal));
            Assert.DoesNotContain(secret, files, StringComparison.Ordinal);
        }
    }

    /// <summary>Sends secrets wherever a URL can have one, on every route with every method: the framework logs URLs.</summary>
    [Fact]
    public async Task No_secret_in_a_URL_is_logged_on_any_route()
    {
        const string Secret = "and-secret-0123456789";
        const string Key = "cha_test_in-a-url-" + Secret;
        await using var emulator = Emulator.StartIn(_folder, TraceSettings);
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var checkout = (await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync()).Text("checkout_url")!;
        var token = checkout[(checkout.LastIndexOf('/') + 1)..];
        await client.GetAsync(checkout);
        var routes = emulator.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().ToList();
        foreach (var route in routes)
        {
            var path = string.Join('/', route.RoutePattern.PathSegments.Select(segment => segment.Parts is [RoutePatternLiteralPart literal] ? literal.Content : Key));
            foreach (var method in route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                foreach (var query in new[] { $"?key={Key}&limit=1", $"?token={Secret}&cursor={Key}", $"?key={Key.Replace("_", "%5F", StringComparison.Ordinal)}" })
                {
                    using var request = new HttpRequestMessage(new HttpMethod(method), $"/{path}{query}") { Content = method is "POST" or "PUT" ? JsonContent.Create(new { key = Key }) : null };

                    // The headers suffice: streams of events do not end.
                    using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                }
            }
        }

        Assert.True(routes.Count > 30, $"Only {routes.Count} routes were found.");
        foreach (var logged in emulator.Logs.Lines.Concat(emulator.Logs.Values))
        {
            var decoded = Uri.UnescapeDataString(logged);
            Assert.DoesNotContain(Secret, decoded, StringComparison.Ordinal);
            Assert.DoesNotContain(token, decoded, StringComparison.Ordinal);
        }

        foreach (var example in new[] { "/_emu/journal - ?key=cha_test_in-a-ur…&limit=1", "/checkout/…" })
            Assert.Contains(emulator.Logs.Lines, line => line.Contains(example.Replace(" - ", "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Contains(emulator.Logs.Values, value => value == "RequestPath=/checkout/…");
    }

    [Fact]
    public async Task A_secret_in_an_exception_is_not_logged()
    {
        await using var emulator = Emulator.StartIn(_folder, TraceSettings);
        LoggerMessage.Define(LogLevel.Error, default, "Failed")(
            emulator.Services.GetRequiredService<ILogger<SecretLeakTests>>(), new InvalidOperationException("No key cha_live_secret-0123456789."));

        Assert.Contains(emulator.Logs.Lines, line => line.Contains("System.InvalidOperationException: No key cha_live_secret-….", StringComparison.Ordinal));
        Assert.DoesNotContain(emulator.Logs.Lines, line => line.Contains("0123456789", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
