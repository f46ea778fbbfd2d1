using System.Net;
using System.Net.Sockets;

namespace ChaserEmu.Tests;

/// <summary>Both ends of a TCP connection.</summary>
internal sealed class SocketPair : IDisposable
{
    public SocketPair()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Near = new Socket(SocketType.Stream, ProtocolType.Tcp);
        Near.Connect(listener.LocalEndPoint!);
        Far = listener.Accept();
    }

    public Socket Near { get; }

    public Socket Far { get; }

    public void Dispose()
    {
        Near.Dispose();
        Far.Dispose();
    }
}
