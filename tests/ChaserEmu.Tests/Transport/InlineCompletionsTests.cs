using System.Net.Sockets;
using ChaserEmu.Transport;

namespace ChaserEmu.Tests.Transport;

public sealed class InlineCompletionsTests : IDisposable
{
    private readonly SocketPair _sockets = new();
    private readonly InlineCompletions _inline = new(isOn: true);

    public void Dispose() => _sockets.Dispose();

    /// <summary>A later .NET may have lost the internal property. Everything works without it, but the tunnel and the egress proxy are slower.</summary>
    [Fact]
    public void Inline_completions_are_supported_except_on_Windows() => Assert.Equal(!OperatingSystem.IsWindows(), InlineCompletions.IsSupported);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_socket_receives_with_and_without_inline_completions(bool isInline)
    {
        _inline.Set(_sockets.Near, isInline);
        var received = new byte[1];

        var receiving = _sockets.Near.ReceiveAsync(received);
        await _sockets.Far.SendAsync(new byte[] { 7 });

        Assert.Equal(1, await receiving);
        Assert.Equal(7, received[0]);
    }

    [Fact]
    public Task A_handler_that_blocks_without_inline_completions_does_not_stop_other_connections()
    {
        _inline.Set(_sockets.Near, true);
        _inline.Set(_sockets.Near, false);

        return BlockedContinuation.AssertOthersAreServedAsync(ReceiveAsync, Send);
    }

    [Fact]
    public Task A_handler_that_blocks_after_SwitchToThreadPool_does_not_stop_other_connections()
    {
        _inline.Set(_sockets.Near, true);

        return BlockedContinuation.AssertOthersAreServedAsync(ReceiveAndSwitchAsync, Send);

        async Task ReceiveAndSwitchAsync()
        {
            await ReceiveAsync();
            await _inline.SwitchToThreadPool();
        }
    }

    [Fact]
    public void The_inline_budget_of_a_loop_that_never_waits_runs_out_again_and_again()
    {
        var budget = new InlineBudget();
        var first = CountRounds();
        Assert.InRange(first, 2, 100);
        Assert.Equal(first, CountRounds());

        // A round that waits has given the thread back, so counting starts again.
        for (var round = 1; round < first; round++) Assert.False(budget.IsExhausted(hasWaited: false));
        Assert.False(budget.IsExhausted(hasWaited: true));
        Assert.Equal(first, CountRounds());

        int CountRounds()
        {
            for (var round = 1; round <= 100; round++)
                if (budget.IsExhausted(hasWaited: false)) return round;
            return int.MaxValue;
        }
    }

    private async Task ReceiveAsync() => Assert.Equal(1, await _sockets.Near.ReceiveAsync(new byte[1]));

    private void Send() => _sockets.Far.Send(new byte[1]);
}
