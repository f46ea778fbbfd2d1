using System.Globalization;
using ChaserEmu.Http;
using ChaserEmu.Metering;
using ChaserEmu.Transport;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Gateway;

/// <summary>Wraps Kestrel's upgrade feature: counts the bytes of the handshake, and gives YARP a stream that counts bytes and tracks frames.</summary>
internal sealed class TunnelUpgradeFeature(IHttpUpgradeFeature inner, HttpContext context, ConnectionByteCounter counter, CdpRecorder recorder, TunnelTransport transport, CdpInspector inspector) : IHttpUpgradeFeature
{
    public bool IsUpgradableRequest => inner.IsUpgradableRequest;

    /// <summary>Gets or sets the function that wraps the stream before YARP uses it.</summary>
    public Func<TunnelStream, Stream> Wrap { get; set; } = stream => stream;

    /// <summary>Gets or sets the connection to the browser. It must be set before <see cref="UpgradeAsync"/>.</summary>
    public Stream? Browser { get; set; }

    /// <summary>Gets the stream to the client; null until the handshake is complete.</summary>
    public TunnelStream? Stream { get; private set; }

    public async Task<Stream> UpgradeAsync()
    {
        // Count before the client gets the response, since it can read the count right after. So the Date header, which Kestrel would
        // add later, is set here.
        context.Response.Headers.Date = TimeProvider.System.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        counter.AddUp(GetRequestHeadLength(context));
        counter.AddDown(GetResponseHeadLength(context));
        var raw = await inner.UpgradeAsync();
        var client = transport.WrapClient(raw, context.Features.Get<IConnectionSocketFeature>()?.Socket, Browser!);
        Stream = new TunnelStream(client, counter, recorder, inspector);
        return transport.WrapForYarp(Wrap(Stream), Browser!);
    }

    /// <summary>Aborts the client's connection.</summary>
    public void Abort() => context.Abort();

    /// <summary>Aborts the client's connection with a TCP reset.</summary>
    public void Reset() => context.ResetConnection();

    /// <summary>Returns the length of the request head in bytes. Assumes that the client writes its headers as <c>Name: value</c>.</summary>
    private static int GetRequestHeadLength(HttpContext context)
    {
        var request = context.Features.GetRequiredFeature<IHttpRequestFeature>();
        return $"{request.Method} {request.RawTarget} HTTP/1.1\r\n".Length + GetHeadersLength(request.Headers);
    }

    private static int GetResponseHeadLength(HttpContext context) =>
        "HTTP/1.1 101 Switching Protocols\r\n".Length + GetHeadersLength(context.Response.Headers);

    private static int GetHeadersLength(IHeaderDictionary headers)
    {
        var length = "\r\n".Length;
        foreach (var (name, values) in headers)
        {
            foreach (var value in values) length += name.Length + (value?.Length ?? 0) + ": \r\n".Length;
        }

        return length;
    }
}
