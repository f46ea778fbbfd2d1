using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Conformance;

/// <summary>A connection to a <c>cdp_url</c>.</summary>
internal sealed class CdpConnection : IAsyncDisposable
{
    private const int BufferSize = 64 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _pending = new();
    private readonly TaskCompletionSource<(int? Code, string? Reason)> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _sending = new(1);
    private int _lastId;

    private CdpConnection()
    {
    }

    /// <summary>Gets the close code and reason, once the connection has ended; null without a close frame.</summary>
    public Task<(int? Code, string? Reason)> Closed => _closed.Task;

    /// <summary>Connects without any header. Fails the check if the server refuses.</summary>
    public static async Task<CdpConnection> ConnectAsync(string url, CancellationToken cancellationToken)
    {
        var connection = new CdpConnection();
        try
        {
            var address = new Uri(url);
            if (address.IsLoopback) connection._socket.Options.Proxy = null;
            await connection._socket.ConnectAsync(address, cancellationToken).WaitAsync(Timeout, TimeProvider.System, cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or TimeoutException or UriFormatException)
        {
            await connection.DisposeAsync();
            throw new CheckFailedException($"Cannot connect to the cdp_url '{url}': {exception.GetBaseException().Message}");
        }

        _ = connection.ReceiveAsync();
        return connection;
    }

    /// <summary>Sends a command and returns the whole answer, which has <c>result</c> or <c>error</c>.</summary>
    public async Task<JsonElement> CallAsync(string method, JsonObject? parameters, string? session, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _lastId);
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters ?? [] };
        if (session is not null) message["sessionId"] = session;
        var answer = _pending[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await _sending.WaitAsync(cancellationToken);
            try
            {
                await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, cancellationToken);
            }
            finally
            {
                _sending.Release();
            }

            return await answer.Task.WaitAsync(Timeout, TimeProvider.System, cancellationToken);
        }
        catch (Exception exception) when (exception is WebSocketException or TimeoutException or InvalidOperationException)
        {
            throw new CheckFailedException($"{method} over CDP: {exception.Message}");
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    /// <summary>Sends a command and returns its result. Fails the check on an error.</summary>
    public async Task<JsonElement> SendAsync(string method, JsonObject? parameters, string? session, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(method, parameters, session, cancellationToken);
        return answer.TryGetProperty("result", out var result) ? result : throw new CheckFailedException($"{method} over CDP failed: {answer.GetRawText()}");
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _sending.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[BufferSize];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                if (part.MessageType is WebSocketMessageType.Close) break;
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage) continue;
                using var document = JsonDocument.Parse(message.GetBuffer().AsMemory(0, (int)message.Length));
                if (document.RootElement.TryGetProperty("id", out var id) && _pending.TryGetValue(id.GetInt32(), out var pending)) pending.TrySetResult(document.RootElement.Clone());
                message.SetLength(0);
            }

            End((int?)_socket.CloseStatus, _socket.CloseStatusDescription, "the server closed the connection");
        }
        catch (Exception exception) when (exception is WebSocketException or ObjectDisposedException or OperationCanceledException or JsonException)
        {
            End(null, null, exception.Message);
        }
    }

    private void End(int? code, string? reason, string message)
    {
        _closed.TrySetResult((code, reason));
        foreach (var pending in _pending.Values) pending.TrySetException(new WebSocketException(message));
    }
}
