using System.Net.Sockets;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Platform;

public sealed class InlineCompletionsTests
{
    /// <summary>A later .NET may have lost the switch: then everything works, and the tunnel and the egress proxy are slower.</summary>
    [Fact]
    public void Inline_completions_are_supported_except_on_Windows() => Assert.Equal(!OperatingSystem.IsWindows(), InlineCompletions.IsSupported);

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task A_socket_continuation_runs_inline_or_on_the_thread_pool_as_set(bool isInline, bool inPool)
    {
        if (!InlineCompletions.IsSupported) return;
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
    public async Task Leave_continues_on_the_thread_pool()
    {
        var left = new TaskCompletionSource<bool>();
        new Thread(async () =>
        {
            await InlineCompletions.SwitchToThreadPool();
            left.SetResult(Thread.CurrentThread.IsThreadPoolThread);
        }) { IsBackground = true }.Start();

        Assert.True(await left.Task);
    }

    [Fact]
    public void The_inline_budget_ends_at_the_eighth_round_without_a_wait_and_then_restarts()
    {
        var streak = new InlineBudget();
        for (var again = 0; again < 3; again++)
        {
            for (var round = 1; round < 8; round++) Assert.False(streak.IsExhausted(hasWaited: false));
            Assert.True(streak.IsExhausted(hasWaited: false));
        }

        for (var round = 1; round < 8; round++) Assert.False(streak.IsExhausted(hasWaited: false));
        Assert.False(streak.IsExhausted(hasWaited: true));
        Assert.False(streak.IsExhausted(hasWaited: false));
    }
}
