using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using ChaserEmu.Client;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Mcp;

/// <summary>
/// Creates the client with which the MCP endpoint calls its own emulator. A call over the network needs no second implementation of the tools, and
/// passes the same checks, faults and journal as that of any other client.
/// </summary>
internal static class LoopbackClient
{
    /// <summary>
    /// Returns a client for the address at which a request arrived: it listens, whatever the settings say. The client sends the token and the
    /// <c>Host</c> of the request, so it may do what the caller may, and URLs in answers have the caller's host.
    /// </summary>
    [SuppressMessage("Security", "CA5359", Justification = "The connection ends in this process. Its certificate is usually for other names than this address.")]
    public static ChaserEmulatorClient Create(HttpContext context)
    {
        var local = context.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.LocalEndPoint!;
        var handler = new SocketsHttpHandler { ConnectCallback = async (_, cancellationToken) => await ConnectAsync(local, cancellationToken) };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        var scheme = context.Features.Get<ITlsHandshakeFeature>() is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
        var host = context.Request.Host.HasValue ? context.Request.Host.Value : "localhost";
        var token = AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out var authorization) ? authorization.Parameter : null;
        return new ChaserEmulatorClient(new Uri($"{scheme}://{host}"), token, handler);
    }

    private static async Task<Stream> ConnectAsync(EndPoint address, CancellationToken cancellationToken)
    {
        // A socket that listens on all addresses reports IPv4 clients with mapped addresses.
        if (address is IPEndPoint { Address.IsIPv4MappedToIPv6: true } mapped) address = new IPEndPoint(mapped.Address.MapToIPv4(), mapped.Port);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
