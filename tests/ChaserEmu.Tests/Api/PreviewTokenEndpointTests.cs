using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Sessions;

namespace ChaserEmu.Tests.Api;

public sealed class PreviewTokenEndpointTests
{
    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Ten_tokens_per_minute_are_issued_for_each_session()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        await using var page = await SessionWithPage.OpenAsync(emulator);
        await using var other = await SessionWithPage.OpenAsync(emulator);
        await emulator.FreezeAsync();

        for (var issued = 0; issued < 10; issued++)
        {
            using var answer = await PostAsync(page.Http, page.Id);
            var token = await answer.Content.ReadFromJsonAsync<JsonElement>();
            Assert.StartsWith($"{page.CdpUrl}/preview?token=", token.Text("url"), StringComparison.Ordinal);
            Assert.StartsWith("eyJ", token.Text("url")!.Split('=')[1], StringComparison.Ordinal);
            Assert.Equal($"{emulator.Clock.GetUtcNow().AddMinutes(5):yyyy-MM-dd'T'HH:mm:ss.fff}Z", token.Text("expires_at"));
            Assert.True(token.GetProperty("input_enabled").GetBoolean());
            Assert.Equal(5, token.GetProperty("fps").GetInt32());
            Assert.Equal(4, token.EnumerateObject().Count());
        }

        using var refused = await PostAsync(page.Http, page.Id);
        Assert.Equal("rate_limited", await CodeAsync(refused, HttpStatusCode.TooManyRequests));
        Assert.Equal(TimeSpan.FromSeconds(60), refused.Headers.RetryAfter!.Delta);

        await emulator.AdvanceAsync(30);
        for (var issued = 0; issued < 10; issued++) Assert.Equal(HttpStatusCode.OK, (await PostAsync(other.Http, other.Id)).StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(60), (await PostAsync(other.Http, other.Id)).Headers.RetryAfter!.Delta);

        await emulator.AdvanceAsync(30);
        Assert.Equal("rate_limited", await CodeAsync(await PostAsync(other.Http, other.Id), HttpStatusCode.TooManyRequests));
        using var again = await PostAsync(page.Http, page.Id);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    [Fact]
    public async Task A_session_without_a_browser_returns_the_reason()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=60");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();
        using var another = emulator.CreateClient("cha_test_another");

        Assert.Equal("session_not_ready", await CodeAsync(await PostAsync(client, id), HttpStatusCode.Conflict));
        await emulator.AdvanceAsync(60);
        Assert.Equal("session_not_provisioned", await CodeAsync(await PostAsync(client, id), HttpStatusCode.Conflict));
        Assert.Equal("session_not_found", await CodeAsync(await PostAsync(another, id), HttpStatusCode.NotFound));
        await client.DeleteAsync($"/v1/sessions/{id}");
        Assert.Equal("session_not_open", await CodeAsync(await PostAsync(client, id), HttpStatusCode.Conflict));
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string id) => client.PostAsync($"/v1/sessions/{id}/preview-token", null);

    private static async Task<string?> CodeAsync(HttpResponseMessage answer, HttpStatusCode status)
    {
        Assert.Equal(status, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").Text("code");
    }
}
