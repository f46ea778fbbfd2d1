using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// The emulator's own DevTools connection to one page, in addition to those of clients. It uses no tunnel and is not counted.
/// It must not call <c>Page.enable</c>: the page's dialogs would then wait for this connection. It must not call <c>Emulation.*</c>:
/// when the connection closes, Chrome would drop the emulation that a client has set.
/// </summary>
internal sealed class PageConnection : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly SemaphoreSlim _sendLock = new(1, 1);
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

    /// <summary>Gets a task that completes when the connection is closed, by either side.</summary>
    public Task Closed => _reading;

    /// <summary>Connects to a page.</summary>
    /// <param name="address">The DevTools WebSocket of the page.</param>
    /// <param name="onEvent">Receives method and parameters of each event, in order. It must not block.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="BrowserUnavailableException">The page was closed, or its browser exited.</exception>
    public static async Task<PageConnection> OpenAsync(Uri address, Action<string, JsonElement> onEvent, CancellationToken cancellationToken)
    {
        var connection = new PageConnection(onEvent);
        try
        {
            await connection._socket.ConnectAsync(address, cancellationToken);
        }
        catch (Exception exception)
        {
            connection._socket.Dispose();
            if (exception is WebSocketException) throw new BrowserUnavailableException("The page did not accept a connection.", exception);
            throw;
        }

        connection._reading = connection.ReadAsync();
        return connection;
    }

    /// <summary>Calls a method and returns its result. A frozen page may never respond.</summary>
    /// <exception cref="BrowserUnavailableException">The browser returned an error, or the page is closed.</exception>
    public async Task<JsonElement> CallAsync(string method, object? parameters, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var response = _calls[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters ?? new { } }), cancellationToken);
            if (_ended) throw CreateGoneException();
            return await response.Task.WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A socket that is aborted during a send throws OperationCanceledException.
            throw CreateGoneException();
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

    private static BrowserUnavailableException CreateGoneException() => new("The page is gone.");

    private async Task SendAsync(byte[] message, CancellationToken cancellationToken)
    {
        await _sendLock.WaitAsync(cancellationToken);
        try
        {
            // Canceling a send aborts the WebSocket, so only the wait for the response can be canceled.
            await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sendLock.Release();
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
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // A page that closes drops the connection without a close frame.
        }
        finally
        {
            _ended = true;
            foreach (var call in _calls.Values) call.TrySetException(CreateGoneException());
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
