using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>The connection that a <see cref="CdpClient"/> uses: it carries whole messages, and is open when it is created.</summary>
internal interface ICdpTransport : IAsyncDisposable
{
    /// <summary>
    /// Sends one message, also when several callers send at once. A message is on its way when the method returns, so that it reaches the
    /// browser before what a client sends next.
    /// </summary>
    /// <exception cref="IOException">The connection is closed.</exception>
    ValueTask SendAsync(ReadOnlyMemory<byte> message);

    /// <summary>Passes each received message to <paramref name="onMessage"/>, in order. Completes when the connection is closed, by either side.</summary>
    Task ReceiveAsync(Action<ReadOnlySequence<byte>> onMessage);
}

/// <summary>
/// The emulator's own DevTools connection to a browser, in addition to those of clients. It is not counted. Events are dispatched in order
/// on the read loop, so their handlers must not wait for a response.
/// </summary>
internal sealed class CdpClient : IAsyncDisposable
{
    private const string BrowserGone = "The browser has closed its DevTools connection.";
    private const string PageGone = "The page is gone.";

    private readonly ICdpTransport _transport;
    private readonly Action<JsonElement> _onEvent;
    private readonly ConcurrentDictionary<int, PendingCall> _calls = new();
    private readonly ConcurrentDictionary<string, CdpSession> _sessions = new();
    private readonly Task _reading;
    private int _lastId;
    private bool _isClosed;

    /// <param name="transport">The connection. The client closes it.</param>
    /// <param name="onEvent">Receives the events of the browser itself, which are those without a session. They are valid only during the call.</param>
    public CdpClient(ICdpTransport transport, Action<JsonElement> onEvent)
    {
        (_transport, _onEvent) = (transport, onEvent);
        _reading = ReadAsync();
    }

    /// <summary>Calls a method and returns its result. A frozen browser or page never responds.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">The parameters as JSON.</param>
    /// <param name="sessionId">The session; null for the browser itself.</param>
    /// <param name="cancellationToken">Ends the wait for the response.</param>
    /// <exception cref="BrowserUnavailableException">The browser returned an error or has exited, or the session has ended.</exception>
    public Task<JsonElement> CallAsync(string method, string parameters = "{}", string? sessionId = null, CancellationToken cancellationToken = default) =>
        CallAsync(new PendingCall(sessionId), method, parameters, cancellationToken);

    /// <summary>Attaches a new session to a page. It does not pause the page, and clients do not see it.</summary>
    /// <param name="targetId">The target id of the page.</param>
    /// <param name="onEvent">Receives method and parameters of each event of the session.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BrowserUnavailableException">The page is closed, or the browser has exited.</exception>
    public async Task<CdpSession> AttachAsync(string targetId, Action<string, JsonElement> onEvent, CancellationToken cancellationToken)
    {
        // Added on the read loop, so that no event of the session is missed, not even its end.
        var attached = new TaskCompletionSource<CdpSession>(TaskCreationOptions.RunContinuationsAsynchronously);
        var call = new PendingCall(null, result => attached.SetResult(AddSession(result.GetProperty("sessionId").GetString()!, onEvent)));
        var calling = CallAsync(call, "Target.attachToTarget", JsonSerializer.Serialize(new { targetId, flatten = true }), CancellationToken.None);
        try
        {
            await calling.WaitAsync(cancellationToken);
            return await attached.Task;
        }
        catch (OperationCanceledException)
        {
            _ = attached.Task.ContinueWith(late => late.Result.DisposeAsync().AsTask(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Adds a session that the browser attached by itself. Must be called in the handler of its <c>Target.attachedToTarget</c> event.</summary>
    /// <param name="id">The session id of the event.</param>
    /// <param name="onEvent">Receives method and parameters of each event of the session; null if they are not needed.</param>
    public CdpSession AddSession(string id, Action<string, JsonElement>? onEvent = null) => _sessions[id] = new CdpSession(this, id, onEvent);

    /// <summary>Ends a session at once, without waiting for the browser, which may be frozen.</summary>
    public void Detach(string sessionId)
    {
        EndSession(sessionId);
        _ = SendDetachAsync(sessionId);
    }

    /// <summary>Closes the connection. All calls and sessions end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _transport.DisposeAsync();
        await _reading;
    }

    private async Task<JsonElement> CallAsync(PendingCall call, string method, string parameters, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        _calls[id] = call;
        try
        {
            var session = call.SessionId is null ? "" : $",\"sessionId\":\"{call.SessionId}\"";
            await _transport.SendAsync(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{id},\"method\":\"{method}\",\"params\":{parameters}{session}}}")));

            // The connection or the session may have ended before the call was registered.
            if (Volatile.Read(ref _isClosed)) call.Fail(BrowserGone);
            else if (call.SessionId is not null && !_sessions.ContainsKey(call.SessionId)) call.Fail(PageGone);
            return await call.Response.WaitAsync(cancellationToken);
        }
        catch (IOException exception)
        {
            throw new BrowserUnavailableException(BrowserGone, exception);
        }
        finally
        {
            _calls.TryRemove(id, out _);
        }
    }

    private async Task SendDetachAsync(string sessionId)
    {
        try
        {
            await CallAsync("Target.detachFromTarget", JsonSerializer.Serialize(new { sessionId }));
        }
        catch (BrowserUnavailableException)
        {
            // The page or the browser is gone, and the session with it.
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            await _transport.ReceiveAsync(Dispatch);
        }
        finally
        {
            Volatile.Write(ref _isClosed, true);
            foreach (var session in _sessions.Values) session.MarkEnded();
            foreach (var call in _calls.Values) call.Fail(BrowserGone);
        }
    }

    private void Dispatch(ReadOnlySequence<byte> message)
    {
        using var document = JsonDocument.Parse(message);
        var root = document.RootElement;
        if (root.TryGetProperty("id", out var id))
        {
            if (_calls.TryRemove(id.GetInt32(), out var call)) call.Complete(root);
        }
        else
        {
            // Frames and workers of a page are attached over the session of the page, and end there.
            if (root.GetProperty("method").ValueEquals("Target.detachedFromTarget")) EndSession(root.GetProperty("params").GetProperty("sessionId").GetString()!);
            if (!root.TryGetProperty("sessionId", out var sessionId)) _onEvent(root);
            else if (_sessions.TryGetValue(sessionId.GetString()!, out var session)) session.Dispatch(root);
        }
    }

    /// <summary>Ends a session and its calls. The browser does not respond to them any more.</summary>
    private void EndSession(string id)
    {
        if (_sessions.TryRemove(id, out var session)) session.MarkEnded();
        foreach (var call in _calls.Values.Where(call => call.SessionId == id)) call.Fail(PageGone);
    }

    /// <summary>A call that waits for its response.</summary>
    /// <param name="sessionId">The session; null for the browser itself.</param>
    /// <param name="onResult">Receives the result on the read loop, before the next message is read.</param>
    private sealed class PendingCall(string? sessionId, Action<JsonElement>? onResult = null)
    {
        private readonly TaskCompletionSource<JsonElement> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? SessionId => sessionId;

        public Task<JsonElement> Response => _response.Task;

        public void Complete(JsonElement message)
        {
            if (message.TryGetProperty("error", out var error))
            {
                Fail($"DevTools: {error}");
                return;
            }

            var result = message.GetProperty("result").Clone();
            onResult?.Invoke(result);
            _response.TrySetResult(result);
        }

        public void Fail(string why) => _response.TrySetException(new BrowserUnavailableException(why));
    }
}

/// <summary>
/// The emulator's own DevTools session on one page. It must not call <c>Page.enable</c>: the page's dialogs would then wait for this session.
/// Only the session of <see cref="DeviceEmulation"/> may call <c>Emulation.*</c>: when a session ends, Chrome drops the emulation it has set,
/// and with it what a client has set.
/// </summary>
internal sealed class CdpSession(CdpClient client, string id, Action<string, JsonElement>? onEvent) : IAsyncDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;

    /// <summary>Gets a task that completes when the session has ended: the page or its browser closed, or the session was disposed.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Calls a method and returns its result. A frozen page may never respond.</summary>
    /// <exception cref="BrowserUnavailableException">The browser returned an error, or the page is closed.</exception>
    public Task<JsonElement> CallAsync(string method, object? parameters, CancellationToken cancellationToken) =>
        client.CallAsync(method, parameters is null ? "{}" : JsonSerializer.Serialize(parameters), id, cancellationToken);

    public void Dispatch(JsonElement message) => onEvent?.Invoke(message.GetProperty("method").GetString()!, message.GetProperty("params").Clone());

    public void MarkEnded() => _ended.TrySetResult();

    public ValueTask DisposeAsync()
    {
        if (!Ended.IsCompleted) client.Detach(id);
        return ValueTask.CompletedTask;
    }
}
