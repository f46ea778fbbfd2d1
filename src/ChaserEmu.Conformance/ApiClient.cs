using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ChaserEmu.Conformance;

/// <summary>A request to the API. Without a body there is no <c>Content-Type</c>.</summary>
internal sealed record Call(string Method, string Path)
{
    public string? Body { get; init; }

    public string ContentType { get; init; } = "application/json";

    /// <summary>Gets the value of <c>Authorization</c>; null sends none.</summary>
    public string? Authorization { get; init; }

    /// <summary>Gets the value of the cookie <c>chaser_session</c>; null sends none.</summary>
    public string? Cookie { get; init; }

    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    public override string ToString() => Body is null ? $"{Method} {Path}" : $"{Method} {Path} {(Body.Length > 60 ? Body[..60] + "…" : Body)}";
}

/// <summary>Sends requests, waits out rate limits, and remembers what it created and how many bytes it used.</summary>
internal sealed class ApiClient : IDisposable
{
    private const int MaxRetries = 3;
    private const int MaxRetryAfterSeconds = 120;
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly HttpClient _http;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, string> _sessions = new();
    private readonly ConcurrentDictionary<string, string> _keys = new();
    private readonly ConcurrentDictionary<string, long> _bytes = new();
    private readonly ConcurrentQueue<DateTimeOffset> _creations = new();

    public ApiClient(ConformanceOptions options)
    {
        _time = options.Time;
        var handler = options.Handler ?? new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = !options.BaseUrl.IsLoopback };
        _http = new HttpClient(handler, disposeHandler: options.Handler is null) { BaseAddress = options.BaseUrl, Timeout = Timeout };
    }

    /// <summary>Is called with each answer.</summary>
    public Action<Call, Answer>? Answered { get; set; }

    /// <summary>Is called before a wait for a rate limit.</summary>
    public Action<Call, int>? Waiting { get; set; }

    /// <summary>Gets the sessions that may be open, with the <c>Authorization</c> that created each.</summary>
    public IReadOnlyDictionary<string, string> OpenSessions => _sessions;

    /// <summary>Gets the keys that are not revoked, with the cookie that created each.</summary>
    public IReadOnlyDictionary<string, string> OpenKeys => _keys;

    public long Bytes => _bytes.Values.Sum();

    /// <summary>Gets when sessions were created.</summary>
    public IReadOnlyCollection<DateTimeOffset> Creations => _creations;

    /// <summary>Sends a request.</summary>
    /// <param name="call">The request.</param>
    /// <param name="cancellationToken">Cancels the request and the wait.</param>
    /// <param name="retry">Whether to wait and try again after 429 <c>rate_limited</c>.</param>
    public async Task<Answer> SendAsync(Call call, CancellationToken cancellationToken, bool retry = true)
    {
        for (var attempt = 0; ; attempt++)
        {
            var answer = await SendOnceAsync(call, cancellationToken);
            if (!retry || answer is not { ErrorCode: "rate_limited", RetryAfter: { } seconds and <= MaxRetryAfterSeconds } || attempt == MaxRetries) return answer;
            Waiting?.Invoke(call, seconds);
            await Task.Delay(TimeSpan.FromSeconds(seconds), _time, cancellationToken);
        }
    }

    /// <summary>Opens a stream and returns its status, content type and the text until <paramref name="isComplete"/> or the timeout.</summary>
    public async Task<(int Status, string? ContentType, string Text)> ReadStreamAsync(Call call, Func<string, bool> isComplete, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var request = CreateRequest(call);
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var text = new StringBuilder();
        using var limit = new CancellationTokenSource(timeout, TimeProvider.System);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await using var stream = await response.Content.ReadAsStreamAsync(both.Token);
            using var reader = new StreamReader(stream);
            while (!isComplete(text.ToString()) && await reader.ReadLineAsync(both.Token) is { } line) text.Append(line).Append('\n');
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The caller judges the text that came until the timeout.
        }

        return ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, text.ToString());
    }

    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendOnceAsync(Call call, CancellationToken cancellationToken)
    {
        using var request = CreateRequest(call);
        using var response = await _http.SendAsync(request, cancellationToken);
        var answer = new Answer
        {
            Request = call.ToString(),
            Status = (int)response.StatusCode,
            Headers = response.Headers,
            ContentType = response.Content.Headers.ContentType?.MediaType,
            Body = await response.Content.ReadAsByteArrayAsync(cancellationToken),
        };
        Remember(call, answer);
        Answered?.Invoke(call, answer);
        return answer;
    }

    private static HttpRequestMessage CreateRequest(Call call)
    {
        var request = new HttpRequestMessage(new HttpMethod(call.Method), call.Path);
        if (call.Body is { } body)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(call.ContentType);
        }

        if (call.Authorization is { } authorization) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (call.Cookie is { } cookie) request.Headers.TryAddWithoutValidation("Cookie", $"chaser_session={cookie}");
        foreach (var (name, value) in call.Headers)
        {
            // .NET keeps headers about the body, such as Content-Encoding, with the body.
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content!.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    private void Remember(Call call, Answer answer)
    {
        var parts = call.Path.Split('/', '?');
        if (call.Method == "DELETE" && answer.Status is 204 or 409 && parts is [_, _, "sessions", var session]) _sessions.TryRemove(session, out _);
        if (call.Method == "DELETE" && answer.Status == 204 && parts is [_, _, "keys", var key]) _keys.TryRemove(key, out _);
        if (answer.Status is not (200 or 201) || !answer.IsJson || answer.Json is not { ValueKind: JsonValueKind.Object } json
            || !json.TryGetProperty("id", out var value) || value.ValueKind is not JsonValueKind.String) return;
        var id = value.GetString()!;

        if (call is { Method: "POST", Path: "/v1/sessions", Authorization: { } authorization })
        {
            _sessions[id] = authorization;
            _creations.Enqueue(_time.GetUtcNow());
        }

        if (call.Method == "POST" && parts is [_, _, "keys", ..] && call.Cookie is { } cookie) _keys[id] = cookie;
        if (json.TryGetProperty("bytes_up", out var up) && json.TryGetProperty("bytes_down", out var down)) _bytes[id] = ToBytes(up) + ToBytes(down);
    }

    private static long ToBytes(JsonElement value) => value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var bytes) ? bytes : 0;
}
