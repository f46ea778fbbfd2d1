using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace ChaserEmu.Transport;

/// <summary>
/// Answers YARP's WebSocket handshake with a connection to the browser that is usually open already (preconnected). The default
/// <see cref="SocketsHttpHandler"/> is built for shared connections: its pool switches threads twice per connection. Benchmark row
/// tunnel-connect; not measured alone.
/// </summary>
internal sealed class BrowserHandshakeHandler(TransportSwitches transport) : HttpMessageHandler
{
    /// <summary>The request option with the DevTools endpoint of the browser. The path of the request selects the page.</summary>
    public static readonly HttpRequestOptionsKey<DevToolsEndpoint> Endpoint = new(nameof(Endpoint));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(Endpoint, out var endpoint)) throw new InvalidOperationException("The request options must contain the DevTools endpoint.");
        var key = request.Headers.GetValues("Sec-WebSocket-Key").Single();
        var stream = new BrowserStream(await endpoint.OpenAsync(request.RequestUri!.AbsolutePath, cancellationToken), endpoint.Preconnect, transport.InlineCompletions);
        return new HttpResponseMessage(HttpStatusCode.SwitchingProtocols)
        {
            RequestMessage = request,
            Content = new StreamingContent(stream),
            Headers = { { "Connection", "Upgrade" }, { "Upgrade", "WebSocket" }, { "Sec-WebSocket-Accept", GetAcceptValue(key) } },
        };
    }

    /// <summary>Returns the value of <c>Sec-WebSocket-Accept</c> (RFC 6455, section 4.2.2).</summary>
    [SuppressMessage("Security", "CA5350", Justification = "Required by RFC 6455; not used for security.")]
    private static string GetAcceptValue(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));

    /// <summary>The content of the 101 response: the connection, which it closes. <see cref="StreamContent"/> does not allow writing.</summary>
    private sealed class StreamingContent(BrowserStream browser) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult<Stream>(browser);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => browser.CopyToAsync(stream);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) browser.Dispose();
            base.Dispose(disposing);
        }
    }
}
