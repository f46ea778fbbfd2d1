using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Transport;

/// <summary>Connects Kestrel with the pieces <see cref="TransportPiece.InlineRequests"/> and <see cref="TransportPiece.DirectOutput"/>.</summary>
internal sealed class KestrelTransportSetup(TransportSwitches transport) : IConfigureOptions<SocketTransportOptions>
{
    /// <summary>
    /// Kestrel reads, handles and answers a request on one thread. By default it queues each step to the thread pool. Benchmark rows rest-get
    /// and rest-post; not measured alone.
    /// </summary>
    public void Configure(SocketTransportOptions options)
    {
        // A flush then waits until the bytes are sent, as with SocketPipeWriter: a reset by a fault must not overtake the frame before it.
        if (!transport.IsOn(TransportPiece.DirectOutput)) options.MaxWriteBufferSize = 1;
        if (!transport.IsOn(TransportPiece.InlineRequests)) return;
        options.UnsafePreferInlineScheduling = true;
        options.WaitForDataBeforeAllocatingBuffer = false;
    }

    public static void ConfigureEndpoint(ListenOptions endpoint)
    {
        var transport = endpoint.ApplicationServices.GetRequiredService<TransportSwitches>();
        if (transport.IsOn(TransportPiece.DirectOutput)) endpoint.Use(SocketPipeWriter.Use);
    }
}
