using System.Net.WebSockets;
using System.Text.Json;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>A CDP client that makes one call at a time and ignores events.</summary>
internal sealed class CdpClient : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _lastId;

    public CdpClient(Uri address) => _socket.ConnectAsync(address, CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Calls a method and returns its result.</summary>
    /// <exception cref="IOException">The browser returned an error.</exception>
    public JsonElement Call(string method, object parameters, string? sessionId = null)
    {
        var id = ++_lastId;
        var message = sessionId is null
            ? JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters })
            : JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters, sessionId });
        _socket.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None).GetAwaiter().GetResult();
        while (true)
        {
            var response = Receive();
            if (!response.TryGetProperty("id", out var answered) || answered.GetInt32() != id) continue;
            return response.TryGetProperty("result", out var result) ? result : throw new IOException($"{method}: {response}");
        }
    }

    public void Dispose() => _socket.Dispose();

    private JsonElement Receive()
    {
        using var message = new MemoryStream();
        while (true)
        {
            var part = _socket.ReceiveAsync(_buffer, CancellationToken.None).GetAwaiter().GetResult();
            message.Write(_buffer, 0, part.Count);
            if (part.EndOfMessage) return JsonElement.Parse(message.ToArray());
        }
    }
}
