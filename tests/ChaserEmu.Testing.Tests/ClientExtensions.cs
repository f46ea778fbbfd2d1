using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChaserEmu.Testing.Tests;

/// <summary>What the tests do as clients of the API.</summary>
internal static class ClientExtensions
{
    public static async Task<string> CreateSessionAsync(this HttpClient client, object? body = null)
    {
        using var answer = await client.PostAsJsonAsync("/v1/sessions", body ?? new { });
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    public static async Task<string?> GetEndedReasonAsync(this HttpClient client, string session) =>
        (await client.GetFromJsonAsync<JsonElement>($"/v1/sessions/{session}")).GetProperty("ended_reason").GetString();
}
