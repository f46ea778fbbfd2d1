using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace ChaserEmu.Tests;

/// <summary>A stream of server-sent events with JSON data.</summary>
internal sealed class ServerSentEvents : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private ServerSentEvents(HttpResponseMessage response, Stream content)
    {
        _response = response;
        _events = SseParser.Create(content).EnumerateAsync().GetAsyncEnumerator();
    }

    public string ContentType => _response.Content.Headers.ContentType!.MediaType!;

    /// <summary>Opens a stream. Returns once the headers have arrived: events after that must not be missed.</summary>
    public static async Task<ServerSentEvents> FollowAsync(HttpClient client, string path, string? last = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (last is not null) request.Headers.Add("Last-Event-ID", last);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Timeout, TimeProvider.System);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new ServerSentEvents(response, await response.Content.ReadAsStreamAsync());
    }

    public async Task<(string Id, string Kind, JsonElement Entry)> NextAsync()
    {
        Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(Timeout, TimeProvider.System), "The stream ended.");
        return (_events.Current.EventId!, _events.Current.EventType, JsonElement.Parse(_events.Current.Data));
    }

    public async Task<List<(string Id, string Kind, JsonElement Entry)>> TakeAsync(int count)
    {
        var events = new List<(string, string, JsonElement)>();
        while (events.Count < count) events.Add(await NextAsync());
        return events;
    }

    /// <summary>Reads up to the first event of a kind that a predicate accepts, and returns it. Skips the others.</summary>
    public async Task<JsonElement> FindAsync(string kind, Func<JsonElement, bool>? predicate = null)
    {
        while (true)
        {
            var (_, found, entry) = await NextAsync();
            if (found == kind && (predicate is null || predicate(entry))) return entry;
        }
    }

    /// <summary>Asserts that the response ends completely, not with a broken connection.</summary>
    public async Task AssertEndAsync() => Assert.False(await _events.MoveNextAsync().AsTask().WaitAsync(Timeout, TimeProvider.System));

    public void Dispose() => _response.Dispose();
}
