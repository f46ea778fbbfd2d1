using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;

namespace ChaserEmu.Tests.Gateway;

/// <summary>A client of a session's live view.</summary>
internal sealed class LiveViewClient : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private readonly ClientWebSocket _socket = new();

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    public string? CloseReason => _socket.CloseStatusDescription;

    public static async Task<string> CreatePreviewUrlAsync(HttpClient http, string session)
    {
        using var response = await http.PostAsync($"/v1/sessions/{session}/preview-token", null);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("url").GetString()!;
    }

    public static async Task<LiveViewClient> OpenAsync(HttpClient http, string session)
    {
        var viewer = new LiveViewClient();
        await viewer._socket.ConnectAsync(new Uri(await CreatePreviewUrlAsync(http, session)), CancellationToken.None);
        return viewer;
    }

    public Task SendAsync(object message) => SendAsync(JsonSerializer.SerializeToUtf8Bytes(message));

    public Task SendAsync(byte[] message, WebSocketMessageType type = WebSocketMessageType.Text) =>
        _socket.SendAsync(message, type, endOfMessage: true, CancellationToken.None);

    /// <summary>Returns the next frame. Skips text messages.</summary>
    public async Task<byte[]> ReceiveFrameAsync()
    {
        while (true)
        {
            if (await ReceiveAsync() is { Type: WebSocketMessageType.Binary, Data: var frame }) return frame;
        }
    }

    /// <summary>Returns the next text message of the type. Skips frames and other messages.</summary>
    public async Task<JsonElement> ReceiveTextAsync(string type)
    {
        while (true)
        {
            if (await ReceiveAsync() is { Type: WebSocketMessageType.Text, Data: var text } && JsonElement.Parse(text) is var json && json.GetProperty("type").GetString() == type) return json;
        }
    }

    public async Task<(WebSocketMessageType Type, byte[] Data)> ReceiveAsync()
    {
        using var timeout = new CancellationTokenSource(Timeout, TimeProvider.System);
        using var message = new MemoryStream();
        var buffer = new byte[65536];
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), timeout.Token);
            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage) return (part.MessageType, message.ToArray());
        }
    }

    /// <summary>Reads until the close frame and answers it.</summary>
    public async Task WaitForCloseAsync()
    {
        while ((await ReceiveAsync()).Type is not WebSocketMessageType.Close)
        {
        }

        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
    }

    public void Dispose() => _socket.Dispose();
}
