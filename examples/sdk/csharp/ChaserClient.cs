using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace ExampleSdk;

/// <summary>A session, as the SDK shows it.</summary>
public sealed record Session(string Id, string Status, [property: JsonPropertyName("cdp_url")] string CdpUrl);

/// <summary>A small SDK, as an example of code that is tested against the emulator.</summary>
/// <param name="http">Has the base address and the key.</param>
/// <param name="wait">Waits. A test passes a function that advances the emulator's clock.</param>
public sealed class ChaserClient(HttpClient http, Func<TimeSpan, Task> wait)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(2);

    public async Task<Session> CreateAsync(TimeSpan? ttl = null)
    {
        while (true)
        {
            using var response = await http.PostAsJsonAsync("/v1/sessions", ttl is null ? new Dictionary<string, int>() : new() { ["ttl_seconds"] = (int)ttl.Value.TotalSeconds });
            if (response.StatusCode is not HttpStatusCode.TooManyRequests) return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Session>())!;
            await wait(response.Headers.RetryAfter!.Delta!.Value);
        }
    }

    /// <summary>Polls until the session is ready.</summary>
    public async Task<Session> WaitUntilReadyAsync(string id)
    {
        while (true)
        {
            var session = (await http.GetFromJsonAsync<Session>($"/v1/sessions/{id}"))!;
            if (session.Status == "ready") return session;
            if (session.Status != "creating") throw new InvalidOperationException($"Session {id} is {session.Status}.");
            await wait(PollInterval);
        }
    }

    public async Task CloseAsync(string id) => (await http.DeleteAsync($"/v1/sessions/{id}")).EnsureSuccessStatusCode();
}
