using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>
/// A client's TCP connection with blocking calls, which cost the measured servers the least of the machine that they share with it.
/// </summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000, SendTimeout = 30_000 };
    private readonly byte[] _buffer = new byte[256 * 1024];
    private int _from;
    private int _to;

    public RawConnection(int port) => _socket.Connect(IPAddress.Loopback, port);

    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>Exactly so many bytes, which are there until the next call; at most what the buffer holds.</summary>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (_to - _from < count && _from > 0)
        {
            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
        }

        while (_to - _from < count) Fill();
        _from += count;
        return _buffer.AsSpan(_from - count, count);
    }

    public void Skip(long count)
    {
        while (count > 0)
        {
            if (_from == _to)
            {
                (_from, _to) = (0, 0);
                Fill();
            }

            var part = (int)Math.Min(count, _to - _from);
            _from += part;
            count -= part;
        }
    }

    /// <summary>The head of an HTTP message, its empty line included.</summary>
    public string ReadHead()
    {
        if (_from == _to) (_from, _to) = (0, 0);
        while (true)
        {
            var end = _buffer.AsSpan(_from, _to - _from).IndexOf("\r\n\r\n"u8);
            if (end >= 0) return Encoding.ASCII.GetString(Read(end + 4));
            Fill();
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Fill()
    {
        var read = _socket.Receive(_buffer, _to, _buffer.Length - _to, SocketFlags.None);
        if (read == 0) throw new EndOfStreamException("The server has closed the connection.");
        _to += read;
    }
}
