using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace ChaserEmu.Gateway;

/// <summary>
/// Answers YARP's WebSocket handshake with a connection that the browser's implementation opens (<c>IBrowser.OpenDevToolsAsync</c>). YARP
/// itself could only connect to an address, and not every browser has one that this machine can reach directly.
/// </summary>
internal sealed class BrowserHandshakeHandler : HttpMessageHandler
{
    /// <summary>The request option with the function that opens the connection to the browser.</summary>
    public static readonly HttpRequestOptionsKey<Func<CancellationToken, Task<Stream>>> Open = new(nameof(Open));

    /// <summary>The request option with the client's <c>Sec-WebSocket-Key</c>.</summary>
    public static readonly HttpRequestOptionsKey<string> WebSocketKey = new(nameof(WebSocketKey));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(Open, out var open) || !request.Options.TryGetValue(WebSocketKey, out var key))
            throw new InvalidOperationException("The request options must contain the function that opens the connection, and the WebSocket key.");
        var stream = await open(cancellationToken);
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
    private sealed class StreamingContent(Stream browser) : HttpContent
    {
        protected override Task<Stream> CreateContentReadStreamAsync() => Task.FromResult(browser);

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
