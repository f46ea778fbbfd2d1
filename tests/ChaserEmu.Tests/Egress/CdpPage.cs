using System.Text.Json;
using ChaserEmu.Tests.Browsers;

namespace ChaserEmu.Tests.Egress;

/// <summary>The first page of a session, driven over its <c>cdp_url</c>.</summary>
internal sealed class CdpPage : IAsyncDisposable
{
    private readonly DevToolsClient _client;
    private readonly string _page;

    private CdpPage(DevToolsClient client, string page) => (_client, _page) = (client, page);

    /// <summary>Attaches to the only page and makes it accept all certificates.</summary>
    public static async Task<CdpPage> OpenAsync(JsonElement session)
    {
        var client = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!));
        var page = Assert.Single(await client.AttachToPagesAsync());
        await client.CallAsync("Security.setIgnoreCertificateErrors", new { ignore = true }, page);
        return new CdpPage(client, page);
    }

    public Task NavigateAsync(string url) => _client.NavigateAsync(_page, url);

    /// <summary>Fetches a path and returns the length of the body in bytes.</summary>
    public async Task<int> FetchLengthAsync(string path) => await EvaluateAsync<int>($"fetch('{path}').then(r => r.arrayBuffer()).then(b => b.byteLength)");

    public async Task<T> EvaluateAsync<T>(string expression) => (await _client.EvaluateAsync(_page, expression))!.GetValue<T>();

    public ValueTask DisposeAsync() => _client.DisposeAsync();
}
