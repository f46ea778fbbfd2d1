using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChaserEmu.Testing.Tests;

/// <summary>Calls of the emulated API that several tests use.</summary>
internal static class ClientExtensions
{
    public static async Task<string> CreateSessionAsync(this HttpClient client, object? body = null)
    {
        using var response = await client.PostAsJsonAsync("/v1/sessions", body ?? new { });
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    public static async Task<string?> GetEndedReasonAsync(this HttpClient client, string session) =>
        (await client.GetFromJsonAsync<JsonElement>($"/v1/sessions/{session}")).GetProperty("ended_reason").GetString();
}
