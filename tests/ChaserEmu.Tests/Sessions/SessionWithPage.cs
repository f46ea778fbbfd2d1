using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Tests.Browsers;

namespace ChaserEmu.Tests.Sessions;

/// <summary>A ready session with a browser, and a CDP client attached to its first page.</summary>
internal sealed class SessionWithPage : IAsyncDisposable
{
    private readonly string _page;

    private SessionWithPage(HttpClient http, JsonElement session, DevToolsClient client, string page) =>
        (Http, Id, CdpUrl, Client, _page) = (http, session.Id(), session.Text("cdp_url")!, client, page);

    public HttpClient Http { get; }

    public string Id { get; }

    public string CdpUrl { get; }

    public DevToolsClient Client { get; }

    public static async Task<SessionWithPage> OpenAsync(Emulator emulator, string? html = null)
    {
        var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        Assert.Equal("ready", session.Text("status"));
        var client = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!));
        var page = new SessionWithPage(http, session, client, (await client.AttachToPagesAsync())[0]);
        if (html is not null) await page.SetContentAsync(html);
        return page;
    }

    public Task SetContentAsync(string html) => Client.NavigateAsync(_page, "data:text/html," + Uri.EscapeDataString("<!doctype html>" + html));

    public Task<JsonNode?> EvaluateAsync(string expression) => Client.EvaluateAsync(_page, expression);

    public Task<JsonNode> CallAsync(string method, object? parameters = null) => Client.CallAsync(method, parameters, _page);

    /// <summary>Crashes the process of the page. A navigation to chrome://crash sometimes neither crashes it nor returns.</summary>
    public async Task CrashAsync()
    {
        await CallAsync("Inspector.enable");
        await Client.SendAsync("Page.crash", null, _page);
        await Client.WaitForEventAsync("Inspector.targetCrashed");
    }

    /// <summary>Waits until an expression is true in the page.</summary>
    public Task WaitUntilTrueAsync(string expression) => Eventually.GetAsync(async () => await EvaluateAsync(expression), value => value is JsonValue v && v.GetValueKind() is JsonValueKind.True);

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        Http.Dispose();
    }
}
