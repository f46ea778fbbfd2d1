using System.Net.Sockets;

namespace ChaserEmu.Transport;

/// <summary>The pieces of tunnels. Each method adds a piece if it is on, and otherwise leaves the way of YARP and Kestrel.</summary>
internal sealed class TunnelTransport(TransportSwitches transport)
{
    private readonly ActiveTunnels _activeTunnels = new();

    /// <summary>Returns the stream to read from and write to a browser.</summary>
    /// <param name="connection">The connection to the browser. The stream owns it.</param>
    /// <param name="onFirstRead">Called once, when the result of the first read has been forwarded, or at once if reads are not tracked.</param>
    public Stream OpenBrowser(ConnectedWebSocket connection, Action onFirstRead)
    {
        if (transport.IsOn(TransportPiece.DirectReads)) return new BrowserStream(connection, onFirstRead, transport.InlineCompletions);
        onFirstRead();
        return new PlainBrowserStream(connection);
    }

    /// <summary>Returns the stream to read from and write to a client.</summary>
    /// <param name="client">Kestrel's stream of the upgraded connection.</param>
    /// <param name="socket">The socket below the stream; null if there is none.</param>
    /// <param name="browser">The stream of the browser.</param>
    public Stream WrapClient(Stream client, Socket? socket, Stream browser)
    {
        if (!transport.IsOn(TransportPiece.InlineCompletions)) return client;
        var poller = CreatePoller(socket, browser as BrowserStream);
        return new ClientStream(client, socket, poller, transport.InlineCompletions);
    }

    /// <summary>Returns the stream that YARP copies to and from.</summary>
    public Stream WrapForYarp(Stream client, Stream browser) => transport.IsOn(TransportPiece.LargeCopies) ? new CoalescingStream(browser, client) : client;

    private BusyPoller? CreatePoller(Socket? client, BrowserStream? browser)
    {
        // Without inline completions a poller would block a thread that does not forward the message.
        if (!transport.IsOn(TransportPiece.BusyPolling) || !transport.InlineCompletions.IsOn || client is null || browser is null) return null;
        return browser.Poller = new BusyPoller(client, browser.Socket, _activeTunnels, TimeProvider.System);
    }
}
