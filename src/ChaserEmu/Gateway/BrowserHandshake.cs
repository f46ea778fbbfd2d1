using System.Net;
using System.Text;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>
/// Asks a browser for a WebSocket, on a connection of its own that is used for nothing else. What YARP would have for it is made for
/// connections that are shared: its pool changes threads twice for each.
/// An answer other than 101 comes without its body, since nobody is shown it.
/// </summary>
internal sealed class BrowserHandshake : HttpMessageHandler
{
    /// <summary>In a request's options: which browser to ask.</summary>
    public static readonly HttpRequestOptionsKey<DevToolsPort> Port = new(nameof(Port));

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(Port, out var port)) throw new InvalidOperationException("The request names no browser.");
        var socket = new BrowserSocket(await port.ConnectAsync(cancellationToken));
        try
        {
            await socket.WriteAsync(Head(request), cancellationToken);
            var response = Parse(await socket.ReadHeadAsync(cancellationToken));
            response.RequestMessage = request;
            if (response.StatusCode is HttpStatusCode.SwitchingProtocols) response.Content = new SocketContent(socket);
            else await socket.DisposeAsync();
            return response;
        }
        catch
        {
            await socket.DisposeAsync();
            throw;
        }
    }

    private static byte[] Head(HttpRequestMessage request)
    {
        var uri = request.RequestUri!;
        var head = new StringBuilder($"{request.Method} {uri.PathAndQuery} HTTP/1.1\r\nHost: {request.Headers.Host ?? uri.Authority}\r\n", 512);
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            foreach (var value in values) head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(head.Append("\r\n").ToString());
    }

    private static HttpResponseMessage Parse(string head)
    {
        var lines = head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        if (lines[0].Split(' ') is not ["HTTP/1.1", var code, ..] || !ushort.TryParse(code, out var status))
            throw new HttpRequestException(HttpRequestError.InvalidResponse, $"The browser's answer to a handshake begins with '{lines[0]}'.");
        var response = new HttpResponseMessage((HttpStatusCode)status);
        foreach (var line in lines.AsSpan(1))
        {
            if (line.Split(':', 2) is [var name, var value]) response.Headers.TryAddWithoutValidation(name, value.Trim());
        }

        return response;
    }

    /// <summary>The connection, as the content of the answer that opened it; closed with it. <see cref="StreamContent"/> would let nobody write.</summary>
    private sealed class SocketContent(BrowserSocket socket) : HttpContent
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
