using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// A DevTools connection of our own to one page, beside those of clients: it passes no tunnel and is counted nowhere.
/// It must leave <c>Page.enable</c> alone, which would keep the page's dialogs open for it, and <c>Emulation</c>, whose
/// end would take from the page what its client has set.
/// </summary>
internal sealed class PageConnection : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly Action<string, JsonElement> _onEvent;
    private Task _reading = Task.CompletedTask;
    private int _lastId;
    private volatile bool _ended;

    private PageConnection(Action<string, JsonElement> onEvent)
    {
        _onEvent = onEvent;
        _socket.Options.Proxy = null;
    }

    /// <summary>Completes when the page, its browser or we have ended the connection.</summary>
    public Task Closed => _reading;

    /// <param name="address">The page's own DevTools WebSocket.</param>
    /// <param name="onEvent">Takes each event's method and parameters, in order; it must not wait.</param>
    /// <param name="cancellationToken">Nobody waits for the connection any longer.</param>
    /// <exception cref="BrowserUnavailableException">The page or its browser is gone.</exception>
    public static async Task<PageConnection> OpenAsync(Uri address, Action<string, JsonElement> onEvent, CancellationToken cancellationToken)
    {
        var connection = new PageConnection(onEvent);
        try
        {
            await connection._socket.ConnectAsync(address, cancellationToken);
        }
        catch (Exception fault)
        {
            connection._socket.Dispose();
            if (fault is WebSocketException) throw new BrowserUnavailableException("The page did not accept a connection.", fault);
            throw;
        }

        connection._reading = connection.ReadAsync();
        return connection;
    }

    /// <summary>Calls a method and gives its result. A page that is frozen may never answer.</summary>
    /// <exception cref="BrowserUnavailableException">The browser refused, or the page is gone.</exception>
    public async Task<JsonElement> CallAsync(string method, object? parameters, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = _calls[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters ?? new { } }), cancellationToken);
            if (_ended) throw Gone();
            return await answer.Task.WaitAsync(cancellationToken);
        }
        catch (Exception fault) when (fault is WebSocketException or ObjectDisposedException
            || (fault is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A socket that was aborted while we wrote says that it was cancelled.
            throw Gone();
        }
        finally
        {
            _calls.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
    }

    private static BrowserUnavailableException Gone() => new("The page is gone.");

    private async Task SendAsync(byte[] message, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            // A send that is broken off breaks the connection too, so only the wait for the answer can be cancelled.
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task ReadAsync()
    {
        var message = new ArrayBufferWriter<byte>(64 * 1024);
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(message.GetMemory(64 * 1024), CancellationToken.None);
                if (part.MessageType is WebSocketMessageType.Close) return;
                message.Advance(part.Count);
                if (!part.EndOfMessage) continue;
                Dispatch(message.WrittenMemory);
                message.ResetWrittenCount();
            }
        }
        catch (Exception fault) when (fault is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // A page that closes says no more than this.
        }
        finally
        {
            _ended = true;
            foreach (var call in _calls.Values) call.TrySetException(Gone());
        }
    }

    private void Dispatch(ReadOnlyMemory<byte> message)
    {
        var root = JsonElement.Parse(message.Span);
        if (!root.TryGetProperty("id", out var id)) _onEvent(root.GetProperty("method").GetString()!, root.GetProperty("params"));
        else if (_calls.TryGetValue(id.GetInt32(), out var call))
        {
            if (root.TryGetProperty("error", out var error)) call.TrySetException(new BrowserUnavailableException($"DevTools: {error}"));
            else call.TrySetResult(root.GetProperty("result"));
        }
    }
}
