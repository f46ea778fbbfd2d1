using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Egress;

/// <summary>
/// The server side of a SOCKS5 handshake (RFC 1928) without authentication. It reads exactly the bytes of the handshake, so
/// that data which the client sends early stays in the socket for the relay.
/// </summary>
internal sealed class SocksHandshake(Socket client)
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0x00;
    private const byte NoAcceptableMethod = 0xFF;
    private const byte Connect = 0x01;

    // The longest part of a handshake: a domain name of 255 bytes and a port.
    private readonly byte[] _buffer = new byte[255 + 2];

    /// <summary>
    /// Reads the requested destination: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>. Returns null if the client
    /// disconnects, does not speak SOCKS5 or sends an unsupported request; unsupported requests are answered first.
    /// </summary>
    public async Task<EndPoint?> ReadDestinationAsync(CancellationToken cancel) =>
        await NegotiateMethodAsync(cancel) ? await ReadRequestAsync(cancel) : null;

    public async Task ReplyAsync(SocksReply reply, CancellationToken cancel)
    {
        // CONNECT clients do not use the bound address. Like most proxies, send zeros.
        byte[] answer = [Version, (byte)reply, 0, 1, 0, 0, 0, 0, 0, 0];
        await client.SendAsync(answer, cancel);
    }

    private async Task<bool> NegotiateMethodAsync(CancellationToken cancel)
    {
        if (!await FillAsync(2, cancel) || _buffer[0] != Version) return false;
        int methods = _buffer[1];
        if (!await FillAsync(methods, cancel)) return false;

        var isAccepted = _buffer.AsSpan(0, methods).Contains(NoAuthentication);
        await client.SendAsync(new[] { Version, isAccepted ? NoAuthentication : NoAcceptableMethod }, cancel);
        return isAccepted;
    }

    private async Task<EndPoint?> ReadRequestAsync(CancellationToken cancel)
    {
        if (!await FillAsync(4, cancel) || _buffer[0] != Version) return null;
        if (_buffer[1] != Connect) return await RejectAsync(SocksReply.CommandNotSupported, cancel);

        switch (_buffer[3])
        {
            case 1: return await ReadAddressAsync(4, cancel);
            case 4: return await ReadAddressAsync(16, cancel);
            case 3: return await ReadNameAsync(cancel);
            default: return await RejectAsync(SocksReply.AddressTypeNotSupported, cancel);
        }
    }

    private async Task<EndPoint?> ReadAddressAsync(int length, CancellationToken cancel) =>
        await FillAsync(length + 2, cancel)
            ? new IPEndPoint(new IPAddress(_buffer.AsSpan(0, length)), ReadPort(length))
            : null;

    private async Task<EndPoint?> ReadNameAsync(CancellationToken cancel)
    {
        if (!await FillAsync(1, cancel)) return null;
        int length = _buffer[0];
        if (!await FillAsync(length + 2, cancel)) return null;

        // A zero byte would make the resolver read another name than the one that was checked. Browsers send punycode, so ASCII is enough.
        var name = _buffer.AsSpan(0, length);
        if (length == 0 || name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            return await RejectAsync(SocksReply.HostUnreachable, cancel);

        var text = Encoding.ASCII.GetString(name);
        return IPAddress.TryParse(text, out var literal)
            ? new IPEndPoint(literal, ReadPort(length))
            : new DnsEndPoint(text, ReadPort(length));
    }

    private int ReadPort(int offset) => _buffer[offset] << 8 | _buffer[offset + 1];

    private async Task<EndPoint?> RejectAsync(SocksReply reply, CancellationToken cancel)
    {
        await ReplyAsync(reply, cancel);
        return null;
    }

    private async Task<bool> FillAsync(int count, CancellationToken cancel)
    {
        for (var have = 0; have < count;)
        {
            var read = await client.ReceiveAsync(_buffer.AsMemory(have, count - have), cancel);
            if (read == 0) return false;
            have += read;
        }
        return true;
    }
}
