using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Web;

/// <summary>Sends HTML wherever a client chooses a text, and looks for it in pages. JSON and plain text may contain it: a browser does not render them.</summary>
public sealed class HtmlInjectionTests
{
    private const string Html = "\"'><img src=x onerror=alert(1)>";

    [Fact]
    public async Task No_page_contains_HTML_from_a_URL()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var (text, id) = (Uri.EscapeDataString(Html), (await client.CreateReadySessionAsync()).Id());

        foreach (var path in (string[])
            [
                $"/{text}", $"/?{text}", $"/checkout/{text}", $"/checkout/none?{text}={text}", $"/dashboard/sessions/{text}", $"/dashboard/sessions/{text}/state", $"/dashboard/sessions/{id}?{text}={text}",
                $"/swagger/{text}", $"/swagger/index.html?{text}={text}", $"/swagger/index.js?{text}={text}", $"/llms.txt?{text}", $"/openapi.json?{text}", $"/v1/{text}", $"/v1/sessions/{text}", $"/v1/sessions?cursor={text}",
                $"/_emu/{text}", $"/_emu/sessions/{text}", $"/sessions/{text}/preview?token={text}", $"/json/{text}",
            ])
        {
            await AssertNotRenderedAsync(client, path);
        }
    }

    [Fact]
    public async Task No_page_contains_HTML_from_the_name_of_a_device_or_a_key()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient();
        (await user.PostAsJsonAsync("/v1/keys", new { name = Html })).EnsureSuccessStatusCode();
        var id = (await client.CreateReadySessionAsync()).Id();
        var state = JsonNode.Parse(await client.GetStringAsync("/_emu/state"))!;
        state["sessions"]![0]!["device"] = Html;
        (await client.PutAsJsonAsync("/_emu/state", state)).EnsureSuccessStatusCode();

        Assert.Equal(Html, (await client.GetFromJsonAsync<JsonNode>($"/dashboard/sessions/{id}/state"))!["device"]!.GetValue<string>());
        foreach (var path in (string[])[$"/dashboard/sessions/{id}", $"/dashboard/sessions/{id}/state", "/swagger/index.html", "/v1/sessions", $"/v1/sessions/{id}", "/_emu/sessions", "/_emu/state"])
            await AssertNotRenderedAsync(client, path);
        await AssertNotRenderedAsync(user, "/v1/keys");

        // The scripts of the pages insert these names as text.
        var scripts = Directory.GetFiles(Path.Combine(Repository.Root, "src", "ChaserEmu", "Web"), "*.js", SearchOption.AllDirectories);
        Assert.Contains(scripts, script => Path.GetFileName(script) == "live-view.js");
        Assert.All(scripts, script => Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|setHTML", File.ReadAllText(script)));
    }

    private static async Task AssertNotRenderedAsync(HttpClient client, string path)
    {
        // A browser asks for HTML, and gets error pages.
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Accept = { new("text/html") } } };
        using var answer = await client.SendAsync(request);
        var body = await answer.Content.ReadAsStringAsync();
        var isRendered = answer.Content.Headers.ContentType?.MediaType is not ("application/json" or "application/problem+json" or "text/plain");
        Assert.False(isRendered && body.Contains("<img src=x", StringComparison.Ordinal), $"{path} ({answer.Content.Headers.ContentType}): {body}");
    }
}
