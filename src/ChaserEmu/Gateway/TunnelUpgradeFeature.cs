using System.Globalization;
using ChaserEmu.Http;
using ChaserEmu.Metering;
using ChaserEmu.Platform;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Gateway;

/// <summary>Stands before Kestrel's upgrade: counts the two heads of the handshake, and hands YARP a stream that counts and knows frames.</summary>
internal sealed class TunnelUpgradeFeature(IHttpUpgradeFeature inner, HttpContext context, ConnectionByteCounter counter, CdpRecorder recorder, ActiveTunnels crowd, Action browserToldToClose) : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    /// <summary>Stands something between YARP and the stream, once there is one.</summary>
    public Func<TunnelStream, Stream> Wrap { get; set; } = stream => stream;

    /// <summary>The browser's end, once it has agreed to the handshake.</summary>
    public BrowserStream? BrowserStream { get; set; }

    /// <summary>Null until the handshake is done.</summary>
    public TunnelStream? Stream { get; private set; }

    public async Task<Stream> UpgradeAsync()
    {
        // Counted before the client has the answer and may ask for the count, so with the one header that Kestrel would add to it.
        context.Response.Headers.Date = TimeProvider.System.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        counter.AddUp(RequestHead(context));
        counter.AddDown(ResponseHead(context));
        var raw = await inner.UpgradeAsync();
        var socket = context.Features.Get<IConnectionSocketFeature>()?.Socket;
        if (socket is not null && InlineCompletions.IsSupported) BrowserStream!.Poller = new BusyPoller(socket, BrowserStream.Socket, crowd, TimeProvider.System);
        var client = new ClientStream(raw, socket, BrowserStream!.Poller);
        Stream = new TunnelStream(client, counter, recorder, browserToldToClose);
        return new CoalescingStream(BrowserStream!, Wrap(Stream));
    }

    /// <summary>Cuts the client's connection.</summary>
    public void Abort() => context.Abort();

    /// <summary>Cuts it with a reset.</summary>
    public void Reset() => context.ResetConnection();

    /// <summary>The bytes of the request's head on the wire, for a client that writes its headers the usual way (<c>Name: value</c>).</summary>
    private static int RequestHead(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        return $"{request.Method} {request.RawTarget} HTTP/1.1\r\n".Length + Headers(request.Headers);
    }

    private static int ResponseHead(HttpContext context) =>
        "HTTP/1.1 101 Switching Protocols\r\n".Length + Headers(context.Response.Headers);

    private static int Headers(IHeaderDictionary headers)
    {
        var length = "\r\n".Length;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values) length += name.Length + (value?.Length ?? 0) + ": \r\n".Length;
        }

        return length;
    }
}
