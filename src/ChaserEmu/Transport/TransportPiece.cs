namespace ChaserEmu.Transport;

/// <summary>
/// The pieces of code that exist only for speed. The behaviour is the same with and without each of them. <c>Transport:Disable</c> turns
/// single pieces off, <c>Transport:Plain</c> all of them. The comments of their classes tell what each one buys.
/// </summary>
internal enum TransportPiece
{
    /// <summary>Socket operations continue on the thread that polls the sockets: <see cref="Transport.InlineCompletions"/>, <see cref="ClientStream"/>.</summary>
    InlineCompletions,

    /// <summary>A tunnel that is the only active one polls for the next message: <see cref="BusyPoller"/>. Needs <see cref="InlineCompletions"/> and <see cref="DirectReads"/>.</summary>
    BusyPolling,

    /// <summary>Large messages of a tunnel are copied in parts of up to 1 MiB: <see cref="CoalescingStream"/>.</summary>
    LargeCopies,

    /// <summary>Reads from a browser skip YARP's wait for data, and continue inline: <see cref="BrowserStream"/>.</summary>
    DirectReads,

    /// <summary>A WebSocket to the browser is opened in advance: <c>Browsers/DevToolsEndpoint</c>.</summary>
    Preconnect,

    /// <summary>Kestrel's output goes directly to the socket: <see cref="SocketPipeWriter"/>.</summary>
    DirectOutput,

    /// <summary>Kestrel reads, handles and answers a request on one thread: <see cref="KestrelTransportSetup"/>.</summary>
    InlineRequests,

    /// <summary>Linux moves large transfers of page traffic from socket to socket: <see cref="SplicePipe"/>.</summary>
    Splice,

    /// <summary>Page traffic is read in larger parts while it fills the buffer: <see cref="RelayBuffer"/>.</summary>
    LargeBuffers,
}
