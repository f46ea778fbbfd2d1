using System.Net.Sockets;

namespace ChaserEmu.Transport;

/// <summary>A WebSocket to a browser whose handshake is done.</summary>
/// <param name="Socket">The connection.</param>
/// <param name="EarlyBytes">Bytes that the browser sent after its 101 response, usually none.</param>
internal sealed record ConnectedWebSocket(Socket Socket, ReadOnlyMemory<byte> EarlyBytes);
