using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Reports.Tests;

/// <summary>The code under test of the samples. It waits for <c>Retry-After</c> on a 429 and replaces a session that has ended.</summary>
public sealed class SessionClient(HttpClient http, Func<TimeSpan, Task> wait)
{
    private string? _session;

    /// <summary>Returns the id of an open session. Creates a new session if there is none.</summary>
    public async Task<string> OpenAsync()
    {
        if (_session is null || !await IsOpenAsync(_session)) _session = await CreateAsync();
        return _session;
    }

    private async Task<string> CreateAsync()
    {
        using var response = await http.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 120 });
        if (response.StatusCode is HttpStatusCode.TooManyRequests)
        {
            await wait(response.Headers.RetryAfter!.Delta!.Value);
            return await CreateAsync();
        }

        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private async Task<bool> IsOpenAsync(string id) =>
        (await http.GetFromJsonAsync<JsonElement>($"/v1/sessions/{id}")).GetProperty("status").GetString() is "creating" or "ready";
}
