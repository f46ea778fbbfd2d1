using System.Net.Sockets;
using ChaserEmu.Kernel;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Kernel;

public sealed class InlineCompletionsTests
{
    /// <summary>A later .NET may have lost the switch: then everything works, and the tunnel and the egress proxy are slower.</summary>
    [Fact]
    public void This_NET_has_the_switch_where_it_has_such_a_thread() => Assert.Equal(!OperatingSystem.IsWindows(), InlineCompletions.AreSupported);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Who_waits_for_a_socket_goes_on_where_it_says(bool isInline, bool inPool)
    {
        if (!InlineCompletions.AreSupported) return;
        await using var server = TcpServer.Start(TcpServer.EchoAsync);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.EndPoint);
        InlineCompletions.Set(socket, isInline);

        var receiving = ReceiveAsync();
        await socket.SendAsync(new byte[1]);
        Assert.Equal(inPool, await receiving);

        async Task<bool> ReceiveAsync()
        {
            await socket.ReceiveAsync(new byte[1]).ConfigureAwait(false);
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Fact]
    public async Task Leaving_leads_to_the_pool()
    {
        var left = new TaskCompletionSource<bool>();
        new Thread(async () =>
        {
            await InlineCompletions.Leave();
            left.SetResult(Thread.CurrentThread.IsThreadPoolThread);
        }) { IsBackground = true }.Start();

        Assert.True(await left.Task);
    }

    [Fact]
    public void A_streak_is_too_long_at_the_eighth_round_without_a_wait_and_then_begins_anew()
    {
        var streak = new Streak();
        for (var again = 0; again < 3; again++)
        {
            for (var round = 1; round < 8; round++) Assert.False(streak.IsTooLong(hasWaited: false));
            Assert.True(streak.IsTooLong(hasWaited: false));
        }

        for (var round = 1; round < 8; round++) Assert.False(streak.IsTooLong(hasWaited: false));
        Assert.False(streak.IsTooLong(hasWaited: true));
        Assert.False(streak.IsTooLong(hasWaited: false));
    }
}
