using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>
/// A TCP client with blocking calls. They use the least CPU, which the load generator shares with the measured servers.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000, SendTimeout = 30_000 };
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;

    public RawConnection(int port) => _socket.Connect(IPAddress.Loopback, port);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Reads exactly this number of bytes, at most the size of the buffer. The span is valid until the next call.</summary>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (_end - _start < count && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        while (_end - _start < count) Fill();
        _start += count;
        return _buffer.AsSpan(_start - count, count);
    }

    public void Skip(long count)
    {
        while (count > 0)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, 0);
                Fill();
            }

            var part = (int)Math.Min(count, _end - _start);
            _start += part;
            count -= part;
        }
    }

    /// <summary>Reads the start line and headers of an HTTP message, including the empty line.</summary>
    public string ReadHead()
    {
        if (_start == _end) (_start, _end) = (0, 0);
        while (true)
        {
            var end = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (end >= 0) return Encoding.ASCII.GetString(Read(end + 4));
            Fill();
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Fill()
    {
        var read = _socket.Receive(_buffer, _end, _buffer.Length - _end, SocketFlags.None);
        if (read == 0) throw new EndOfStreamException("The server has closed the connection.");
        _end += read;
    }
}
