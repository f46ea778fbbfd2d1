using System.Net.Sockets;
using ChaserEmu.Gateway;
using ChaserEmu.Tests.Simulation;

namespace ChaserEmu.Tests.Gateway;

/// <summary>In a time that stands still, who looks out does so until there is something to see.</summary>
public sealed class LookoutTests : IDisposable
{
    private readonly TunnelCrowd _crowd = new();
    private readonly ManualTime _time = new();
    private readonly Lookout _lookout;
    private readonly SocketPair _client = new();
    private readonly SocketPair _browser = new();

    public LookoutTests()
    {
        _time.Pass(seconds: 1);
        _lookout = new Lookout(_client.Near, _browser.Near, _crowd, _time);
    }

    public void Dispose()
    {
        _client.Dispose();
        _browser.Dispose();
    }

    [Fact]
    public async Task An_answer_that_came_soon_the_last_time_is_looked_out_for()
    {
        _lookout.ForAnswer();
        _lookout.Answered();

        await AssertLooksOut(_lookout.ForAnswer, _browser.Far);
    }

    [Fact]
    public async Task A_call_that_came_soon_the_last_time_is_looked_out_for()
    {
        _lookout.ForCall();
        _lookout.Called();

        await AssertLooksOut(_lookout.ForCall, _client.Far);
    }

    [Fact]
    public async Task What_the_other_end_says_ends_it_and_so_does_the_end_of_a_connection()
    {
        if (Environment.ProcessorCount == 1) return;
        _lookout.ForAnswer();
        _lookout.Answered();
        await AssertLooksOut(_lookout.ForAnswer, _client.Far);

        Assert.Equal(1, _client.Near.Receive(new byte[1]));
        await AssertLooksOut(_lookout.ForAnswer, () =>
        {
            _client.Near.Dispose();
            _browser.Near.Dispose();
        });
    }

    [Fact]
    public async Task Nobody_looks_out_for_what_has_not_come_soon()
    {
        await Ends(_lookout.ForAnswer);
        _time.Pass(seconds: 1);
        _lookout.Answered();
        await Ends(_lookout.ForAnswer);
    }

    [Fact]
    public async Task What_nobody_has_called_for_tells_nothing()
    {
        _lookout.Answered();
        await Ends(_lookout.ForAnswer);
        _lookout.Answered();

        // An event, much later.
        _time.Pass(seconds: 1);
        _lookout.Answered();
        await AssertLooksOut(_lookout.ForAnswer, _browser.Far);
    }

    [Fact]
    public async Task What_does_not_come_soon_is_not_looked_out_for_again()
    {
        _lookout.ForAnswer();
        _lookout.Answered();
        await AssertLooksOut(_lookout.ForAnswer, () => _time.Pass(seconds: 1));

        await Ends(_lookout.ForAnswer);
    }

    [Fact]
    public async Task Nobody_looks_out_while_another_tunnel_is_at_work()
    {
        _lookout.ForAnswer();
        _lookout.Answered();
        using var stop = new CancellationTokenSource();
        var others = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                long seen = 0;
                _crowd.Count(ref seen);
            }
        });
        await Eventually.True(() => !_crowd.IsAlone);

        await Ends(_lookout.ForAnswer);
        await stop.CancelAsync();
        await others;
    }

    [Fact]
    public async Task Two_tunnels_are_a_crowd_until_one_falls_silent()
    {
        long one = 0, two = 0;
        for (var turn = 0; turn < 1000; turn++) _crowd.Count(ref one);
        Assert.True(_crowd.IsAlone);

        await Eventually.True(() =>
        {
            _crowd.Count(ref one);
            _crowd.Count(ref two);
            return !_crowd.IsAlone;
        });
        await Eventually.True(() =>
        {
            _crowd.Count(ref one);
            return _crowd.IsAlone;
        });
    }

    private static Task AssertLooksOut(Action look, Socket speaker) => AssertLooksOut(look, () => speaker.Send(new byte[1]));

    /// <summary>It has to be under way before there is anything to see, and to end with it.</summary>
    private static async Task AssertLooksOut(Action look, Action happens)
    {
        if (Environment.ProcessorCount == 1) return;
        var looking = Task.Run(look);
        Assert.NotSame(looking, await Task.WhenAny(looking, Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System)));
        happens();
        await looking.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static Task Ends(Action look) => Task.Run(look).WaitAsync(TimeSpan.FromSeconds(30));
}
