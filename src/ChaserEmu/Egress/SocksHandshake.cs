using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Egress;

/// <summary>
/// The server's half of a SOCKS5 negotiation (RFC 1928), without authentication. It takes exactly the bytes of the
/// negotiation and no more, so that whatever the client sends early stays in the socket for the relay.
/// </summary>
internal sealed class SocksHandshake(Socket client)
{
    private const byte Version = 5;
    private const byte NoAuthentication = 0x00;
    private const byte NoAcceptableMethod = 0xFF;
    private const byte Connect = 0x01;

    // The longest part of it: a domain name of 255 bytes and its port.
    private readonly byte[] _buffer = new byte[255 + 2];

    /// <summary>
    /// Where the client wants to go: an <see cref="IPEndPoint"/> or a <see cref="DnsEndPoint"/>. Null when it left, spoke
    /// something else or asked for what is not offered; it then has its answer, if it is owed one.
    /// </summary>
    public async Task<EndPoint?> ReadDestinationAsync(CancellationToken cancel) =>
        await GreetAsync(cancel) ? await ReadRequestAsync(cancel) : null;

    public async Task ReplyAsync(SocksReply reply, CancellationToken cancel)
    {
        // The bound address is of no use to a client of CONNECT: all zeros, as most proxies send.
        byte[] answer = [Version, (byte)reply, 0, 1, 0, 0, 0, 0, 0, 0];
        await client.SendAsync(answer, cancel);
    }

    private async Task<bool> GreetAsync(CancellationToken cancel)
    {
        if (!await FillAsync(2, cancel) || _buffer[0] != Version) return false;
        int methods = _buffer[1];
        if (!await FillAsync(methods, cancel)) return false;

        var welcome = _buffer.AsSpan(0, methods).Contains(NoAuthentication);
        await client.SendAsync(new[] { Version, welcome ? NoAuthentication : NoAcceptableMethod }, cancel);
        return welcome;
    }

    private async Task<EndPoint?> ReadRequestAsync(CancellationToken cancel)
    {
        if (!await FillAsync(4, cancel) || _buffer[0] != Version) return null;
        if (_buffer[1] != Connect) return await RefuseAsync(SocksReply.CommandNotSupported, cancel);

        switch (_buffer[3])
        {
            case 1: return await ReadAddressAsync(4, cancel);
            case 4: return await ReadAddressAsync(16, cancel);
            case 3: return await ReadNameAsync(cancel);
            default: return await RefuseAsync(SocksReply.AddressTypeNotSupported, cancel);
        }
    }

    private async Task<EndPoint?> ReadAddressAsync(int length, CancellationToken cancel) =>
        await FillAsync(length + 2, cancel)
            ? new IPEndPoint(new IPAddress(_buffer.AsSpan(0, length)), PortAt(length))
            : null;

    private async Task<EndPoint?> ReadNameAsync(CancellationToken cancel)
    {
        if (!await FillAsync(1, cancel)) return null;
        int length = _buffer[0];
        if (!await FillAsync(length + 2, cancel)) return null;

        // A zero byte would make the resolver read another name than the one that was checked; browsers send punycode.
        var name = _buffer.AsSpan(0, length);
        if (length == 0 || name.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
            return await RefuseAsync(SocksReply.HostUnreachable, cancel);

        var text = Encoding.ASCII.GetString(name);
        return IPAddress.TryParse(text, out var literal)
            ? new IPEndPoint(literal, PortAt(length))
            : new DnsEndPoint(text, PortAt(length));
    }

    private int PortAt(int offset) => _buffer[offset] << 8 | _buffer[offset + 1];

    private async Task<EndPoint?> RefuseAsync(SocksReply reply, CancellationToken cancel)
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
