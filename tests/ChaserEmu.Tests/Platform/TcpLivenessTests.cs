using System.Net.Sockets;
using ChaserEmu.Platform;

namespace ChaserEmu.Tests.Platform;

/// <summary>Peers that vanish, and peers that are only slow.</summary>
public sealed class TcpLivenessTests
{
    [FactOnLinux]
    public async Task A_vanished_peer_of_an_idle_connection_ends_it()
    {
        using var pair = new SocketPair();
        TcpLiveness.EnableKeepAlive(pair.Near, TimeSpan.FromSeconds(2));

        pair.Far.Vanish();

        var failure = await Assert.ThrowsAsync<SocketException>(() => pair.Near.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(SocketError.TimedOut, failure.SocketErrorCode);
    }

    [FactOnLinux]
    public async Task Unacknowledged_data_shows_how_long_a_peer_is_silent()
    {
        using var pair = new SocketPair();
        Assert.Equal(TimeSpan.Zero, TcpLiveness.GetSilence(pair.Near));

        pair.Far.Vanish();
        await pair.Near.SendAsync(new byte[1]);

        await Eventually.IsTrueAsync(() => TcpLiveness.GetSilence(pair.Near) > TimeSpan.FromSeconds(1));
    }

    [FactOnLinux]
    public async Task A_peer_that_does_not_read_is_not_silent()
    {
        using var pair = new SocketPair();
        pair.Near.Blocking = false;
        var data = new byte[64 * 1024];

        // Until all buffers are full, three times in a row: the kernel moves data between its buffers meanwhile.
        for (var refusals = 0; refusals < 3;)
        {
            pair.Near.Send(data, SocketFlags.None, out var error);
            if (error is not SocketError.WouldBlock) continue;
            refusals++;
            await Eventually.IsTrueAsync(() => TcpLiveness.GetSilence(pair.Near) == TimeSpan.Zero);
        }
    }

    [Fact]
    public void Without_a_limit_there_is_no_keep_alive()
    {
        using var pair = new SocketPair();

        TcpLiveness.EnableKeepAlive(pair.Near, null);

        Assert.Equal(0, pair.Near.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive));
    }
}
