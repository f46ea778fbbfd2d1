using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace ChaserEmu.Tests.Gateway;

/// <summary>A complete frame from the server.</summary>
internal sealed record RawFrame(int Opcode, byte[] Payload)
{
    public const int CloseOpcode = 8;

    public (int Code, string Reason) Close => Opcode == CloseOpcode
        ? (BinaryPrimitives.ReadUInt16BigEndian(Payload), Encoding.UTF8.GetString(Payload.AsSpan(2)))
        : throw new InvalidOperationException($"A frame with opcode {Opcode} is not a close frame.");
}

/// <summary>A CDP client without a WebSocket library. It counts every byte that it sends and receives.</summary>
internal sealed class RawCdpClient : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _timeout = new(TimeSpan.FromSeconds(60), TimeProvider.System);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private ReadOnlyMemory<byte> _unread;

    public long Sent { get; private set; }

    public long Received { get; private set; }

    /// <summary>Gets the head of the server's HTTP response.</summary>
    public string ResponseHead { get; private set; } = "";

    /// <summary>Requests an upgrade and reads the head of the response, whatever its status.</summary>
    public static async Task<RawCdpClient> RequestUpgradeAsync(string cdpUrl, params string[] headers)
    {
        var address = new Uri(cdpUrl);
        var client = new RawCdpClient();
        await client._socket.ConnectAsync(address.Host, address.Port);
        string[] lines =
        [
            $"GET {address.AbsolutePath} HTTP/1.1", $"Host: {address.Authority}", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", .. headers,
        ];
        await client.SendAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", lines) + "\r\n\r\n"));
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) head.Append((char)(await client.ReadAsync(1))[0]);
        client.ResponseHead = head.ToString();
        return client;
    }

    public static async Task<RawCdpClient> ConnectAsync(string cdpUrl, params string[] headers)
    {
        var client = await RequestUpgradeAsync(cdpUrl, headers);
        Assert.StartsWith("HTTP/1.1 101 ", client.ResponseHead, StringComparison.Ordinal);
        return client;
    }

    /// <summary>Stops answering anything, even for the kernel, without closing the connection.</summary>
    public void Vanish() => _socket.Vanish();

    public Task SendCommandAsync(string method, object? parameters = null) =>
        SendFrameAsync(1, JsonSerializer.SerializeToUtf8Bytes(new { id = 1, method, @params = parameters ?? new { } }));

    /// <summary>Requests a string of this length from a page, which arrives in one large message. Returns when its first bytes have arrived.</summary>
    public async Task RequestLargeMessageAsync(int length)
    {
        await SendCommandAsync("Target.createTarget", new { url = "about:blank" });
        var target = JsonDocument.Parse((await ReadFrameAsync())!.Payload).RootElement.GetProperty("result").GetProperty("targetId").GetString();
        await SendCommandAsync("Target.attachToTarget", new { targetId = target, flatten = true });
        string? session = null;
        while (session is null)
        {
            var message = JsonDocument.Parse((await ReadFrameAsync())!.Payload).RootElement;
            if (message.TryGetProperty("result", out var result)) session = result.GetProperty("sessionId").GetString();
        }

        await SendFrameAsync(1, JsonSerializer.SerializeToUtf8Bytes(new
        {
            id = 2,
            method = "Runtime.evaluate",
            sessionId = session,
            @params = new { expression = $"'x'.repeat({length})", returnByValue = true },
        }));
        Assert.True(await FillAsync());
    }

    public async Task SendFrameAsync(int opcode, byte[] payload)
    {
        byte[] length = payload.Length switch
        {
            < 126 => [(byte)(0x80 | payload.Length)],
            < 65536 => [0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [0x80 | 127, 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        // A mask of zeros does not change the payload.
        await SendAsync([(byte)(0x80 | opcode), .. length, 0, 0, 0, 0, .. payload]);
    }

    /// <summary>Returns the next frame, or null if the connection ended before the frame was complete.</summary>
    public async Task<RawFrame?> ReadFrameAsync()
    {
        try
        {
            var header = await ReadAsync(2);
            long length = header[1] & 0x7F;
            if (length == 126) length = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(2));
            else if (length == 127) length = BinaryPrimitives.ReadInt64BigEndian(await ReadAsync(8));
            Assert.Equal(0x80, header[0] & 0xF0);
            return new RawFrame(header[0] & 0x0F, await ReadAsync(checked((int)length)));
        }
        catch (Exception exception) when (exception is EndOfStreamException or SocketException)
        {
            return null;
        }
    }

    /// <summary>Returns all further frames until the connection ends. Answers a close frame.</summary>
    public async Task<List<RawFrame>> ReadToEndAsync()
    {
        var frames = new List<RawFrame>();
        while (await ReadFrameAsync() is { } frame)
        {
            frames.Add(frame);
            if (frame.Opcode == RawFrame.CloseOpcode) await SendFrameAsync(RawFrame.CloseOpcode, frame.Payload[..2]);
        }

        return frames;
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            if (_unread.IsEmpty && !await FillAsync()) throw new EndOfStreamException();
            var part = Math.Min(count - filled, _unread.Length);
            _unread[..part].CopyTo(bytes.AsMemory(filled));
            _unread = _unread[part..];
            filled += part;
        }

        return bytes;
    }

    /// <summary>Resets the TCP connection without a close frame.</summary>
    public void ResetConnection()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose()
    {
        _socket.Dispose();
        _timeout.Dispose();
    }

    private async Task SendAsync(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += await _socket.SendAsync(bytes.AsMemory(sent), _timeout.Token);
        Sent += bytes.Length;
    }

    private async Task<bool> FillAsync()
    {
        var read = await _socket.ReceiveAsync(_buffer, _timeout.Token);
        Received += read;
        _unread = _buffer.AsMemory(0, read);
        return read > 0;
    }
}
