using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Reports.Tests;

/// <summary>The client that the samples test: it waits as long as it is asked to, and replaces a session that has ended.</summary>
public sealed class SessionClient(HttpClient http, Func<TimeSpan, Task> wait)
{
    private string? _session;

    /// <summary>The id of a session that is open.</summary>
    public async Task<string> OpenAsync()
    {
        if (_session is null || !await IsOpenAsync(_session)) _session = await CreateAsync();
        return _session;
    }

    private async Task<string> CreateAsync()
    {
        using var answer = await http.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 120 });
        if (answer.StatusCode is HttpStatusCode.TooManyRequests)
        {
            await wait(answer.Headers.RetryAfter!.Delta!.Value);
            return await CreateAsync();
        }

        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private async Task<bool> IsOpenAsync(string id) =>
        (await http.GetFromJsonAsync<JsonElement>($"/v1/sessions/{id}")).GetProperty("status").GetString() is "creating" or "ready";
}
