using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>
/// Agrees to a client's handshake in the name of a browser whose own is done, mostly before the client came. What YARP would have for it
/// is made for connections that are shared: its pool changes threads twice for each.
/// </summary>
internal sealed class BrowserHandshakeHandler : HttpMessageHandler
{
    /// <summary>In a request's options: which browser it is for; the request's path says which of its pages.</summary>
    public static readonly HttpRequestOptionsKey<DevToolsEndpoint> Port = new(nameof(Port));

    /// <summary>In a request's options: the client's <c>Sec-WebSocket-Key</c>.</summary>
    public static readonly HttpRequestOptionsKey<string> WebSocketKey = new(nameof(WebSocketKey));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(Port, out var port) || !request.Options.TryGetValue(WebSocketKey, out var key))
            throw new InvalidOperationException("The request names no browser or has no key.");
        var browser = new BrowserStream(await port.OpenAsync(request.RequestUri!.AbsolutePath, cancellationToken), port.Preconnect);
        return new HttpResponseMessage(HttpStatusCode.SwitchingProtocols)
        {
            RequestMessage = request,
            Content = new SocketContent(browser),
            Headers = { { "Connection", "Upgrade" }, { "Upgrade", "WebSocket" }, { "Sec-WebSocket-Accept", Accept(key) } },
        };
    }

    /// <summary>The proof that the key was read, as RFC 6455 has it in section 4.2.2.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The RFC's choice; it protects nothing.")]
    private static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));

    /// <summary>The connection, as the content of the answer that opened it; closed with it. <see cref="StreamContent"/> would let nobody write.</summary>
    private sealed class SocketContent(BrowserStream socket) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(socket);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => socket.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) socket.Dispose();
            base.Dispose(disposing);
        }
    }
}
