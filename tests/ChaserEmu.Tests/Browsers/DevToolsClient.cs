using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Tests.Browsers;

/// <summary>A client of a browser's DevTools WebSocket. It makes one call at a time.</summary>
internal sealed class DevToolsClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private int _lastId;
    private int _calls;

    public static async Task<DevToolsClient> ConnectAsync(Uri address)
    {
        var client = new DevToolsClient();
        await client._socket.ConnectAsync(address, CancellationToken.None).DefaultTimeout();
        return client;
    }

    public async Task<JsonNode> CallAsync(string method, object? parameters = null, string? sessionId = null)
    {
        // A second call would skip the answer to the first one.
        if (Interlocked.Increment(ref _calls) > 1) throw new InvalidOperationException($"{method} is called before the answer to another call has arrived.");
        try
        {
            var id = await SendAsync(method, parameters, sessionId);
            while (true)
            {
                var message = await ReceiveAsync();
                if (message["id"]?.GetValue<int>() != id) continue;
                return message["error"] is { } error ? throw new IOException(error.ToJsonString()) : message["result"]!;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _calls);
        }
    }

    /// <summary>Sends a command without waiting for its response, and returns its id. Chrome does not always answer a command that crashes the page.</summary>
    public async Task<int> SendAsync(string method, object? parameters = null, string? sessionId = null)
    {
        var id = ++_lastId;
        var call = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = JsonSerializer.SerializeToNode(parameters ?? new { }) };
        if (sessionId is not null) call["sessionId"] = sessionId;
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, true, CancellationToken.None);
        return id;
    }

    public async Task<string> AttachAsync(string targetId) =>
        (await CallAsync("Target.attachToTarget", new { targetId, flatten = true }))["sessionId"]!.GetValue<string>();

    /// <summary>Attaches to all pages of the browser and returns the session ids.</summary>
    public async Task<string[]> AttachToPagesAsync()
    {
        var targets = (await CallAsync("Target.getTargets"))["targetInfos"]!.AsArray();
        var sessions = new List<string>();
        foreach (var target in targets.Where(t => t!["type"]!.GetValue<string>() == "page"))
            sessions.Add(await AttachAsync(target!["targetId"]!.GetValue<string>()));
        return [.. sessions];
    }

    public async Task<string> OpenPageAsync(string url = "about:blank", string? browserContextId = null) =>
        await AttachAsync((await CallAsync("Target.createTarget", browserContextId is null ? new { url } : new { url, browserContextId }))["targetId"]!.GetValue<string>());

    /// <summary>Evaluates an expression, awaits it if it is a promise, and returns its value as JSON.</summary>
    public async Task<JsonNode?> EvaluateAsync(string session, string expression)
    {
        var response = await CallAsync("Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true }, session);
        Assert.Null(response["exceptionDetails"]);
        return response["result"]!["value"];
    }

    /// <summary>Navigates and waits for the load event.</summary>
    public async Task NavigateAsync(string session, string url)
    {
        await CallAsync("Page.navigate", new { url }, session);
        await EvaluateAsync(session, "new Promise(done => document.readyState == 'complete' ? done(1) : addEventListener('load', () => done(1)))");
    }

    /// <summary>Completes at the next event of this name. Messages before it are skipped.</summary>
    public async Task WaitForEventAsync(string method)
    {
        while ((await ReceiveAsync())["method"]?.GetValue<string>() != method)
        {
        }
    }

    /// <summary>Completes when the browser has closed the connection.</summary>
    public async Task WaitForCloseAsync()
    {
        try
        {
            while (_socket.State == WebSocketState.Open) await ReceiveAsync();
        }
        catch (Exception e) when (e is WebSocketException or JsonException)
        {
            // A browser that exits drops the connection without a close frame.
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<JsonNode> ReceiveAsync()
    {
        using var message = new MemoryStream();
        var buffer = new byte[16384];
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).DefaultTimeout();
            message.Write(buffer, 0, part.Count);
        }
        while (!part.EndOfMessage);
        return JsonNode.Parse(message.ToArray())!;
    }
}
