using System.Buffers.Binary;
using System.Text;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>A minimal WebSocket client.</summary>
internal sealed class RawWebSocket : IDisposable
{
    /// <summary>A CDP command that a browser answers immediately.</summary>
    public static readonly byte[] GetVersionFrame = CreateTextFrame("""{"id":1,"method":"Browser.getVersion"}""");

    private readonly RawConnection _connection;

    public RawWebSocket(Uri address)
    {
        _connection = new RawConnection(address.Port);
        _connection.Send(Encoding.ASCII.GetBytes(
            $"GET {address.AbsolutePath} HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
        var head = _connection.ReadHead();
        if (!head.StartsWith("HTTP/1.1 101 ", StringComparison.Ordinal)) throw new IOException($"{address} rejected the upgrade: {head}");
    }

    /// <summary>Creates a text message in one frame. The mask is zero, so the payload stays unchanged.</summary>
    public static byte[] CreateTextFrame(string text)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        byte[] length = payload.Length < 126 ? [(byte)(0x80 | payload.Length)] : [0x80 | 126, (byte)(payload.Length >> 8), (byte)payload.Length];
        return [0x81, .. length, 0, 0, 0, 0, .. payload];
    }

    public void Send(byte[] frame) => _connection.Send(frame);

    /// <summary>Reads a frame and returns the length of its payload.</summary>
    public long Receive()
    {
        var length = _connection.Read(2)[1] & 0x7FL;
        if (length == 126) length = BinaryPrimitives.ReadUInt16BigEndian(_connection.Read(2));
        else if (length == 127) length = BinaryPrimitives.ReadInt64BigEndian(_connection.Read(8));
        _connection.Skip(length);
        return length;
    }

    public void Dispose() => _connection.Dispose();
}
