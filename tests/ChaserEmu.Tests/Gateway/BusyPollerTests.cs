using System.Net.Sockets;
using ChaserEmu.Gateway;
using ChaserEmu.Tests.Time;

namespace ChaserEmu.Tests.Gateway;

/// <summary>In a time that stands still, who looks out does so until there is something to see.</summary>
public sealed class BusyPollerTests : IDisposable
{
    private readonly ActiveTunnels _crowd = new();
    private readonly ManualTimeProvider _time = new();
    private readonly BusyPoller _lookout;
    private readonly SocketPair _client = new();
    private readonly SocketPair _browser = new();

    public BusyPollerTests()
    {
        _time.Advance(seconds: 1);
        _lookout = new BusyPoller(_client.Near, _browser.Near, _crowd, _time);
    }

    public void Dispose()
    {
        _client.Dispose();
        _browser.Dispose();
    }

    [Fact]
    public async Task It_polls_for_an_answer_if_the_last_answer_was_fast()
    {
        _lookout.PollForResponse();
        _lookout.OnResponse();

        await AssertLooksOut(_lookout.PollForResponse, _browser.Far);
    }

    [Fact]
    public async Task It_polls_for_a_call_if_the_last_call_was_fast()
    {
        _lookout.PollForCommand();
        _lookout.OnCommand();

        await AssertLooksOut(_lookout.PollForCommand, _client.Far);
    }

    [Fact]
    public async Task Data_from_the_other_end_or_a_closed_connection_stops_polling()
    {
        if (Environment.ProcessorCount == 1) return;
        _lookout.PollForResponse();
        _lookout.OnResponse();
        await AssertLooksOut(_lookout.PollForResponse, _client.Far);

        Assert.Equal(1, _client.Near.Receive(new byte[1]));
        await AssertLooksOut(_lookout.PollForResponse, () =>
        {
            _client.Near.Dispose();
            _browser.Near.Dispose();
        });
    }

    [Fact]
    public async Task It_does_not_poll_without_a_fast_last_answer()
    {
        await Ends(_lookout.PollForResponse);
        _time.Advance(seconds: 1);
        _lookout.OnResponse();
        await Ends(_lookout.PollForResponse);
    }

    [Fact]
    public async Task Unsolicited_events_do_not_affect_polling()
    {
        _lookout.OnResponse();
        await Ends(_lookout.PollForResponse);
        _lookout.OnResponse();

        // An event, much later.
        _time.Advance(seconds: 1);
        _lookout.OnResponse();
        await AssertLooksOut(_lookout.PollForResponse, _browser.Far);
    }

    [Fact]
    public async Task A_slow_answer_stops_polling()
    {
        _lookout.PollForResponse();
        _lookout.OnResponse();
        await AssertLooksOut(_lookout.PollForResponse, () => _time.Advance(seconds: 1));

        await Ends(_lookout.PollForResponse);
    }

    [Fact]
    public async Task It_does_not_poll_while_another_tunnel_is_active()
    {
        _lookout.PollForResponse();
        _lookout.OnResponse();
        using var stop = new CancellationTokenSource();
        var others = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                long seen = 0;
                _crowd.MarkActive(ref seen);
            }
        });
        await Eventually.IsTrueAsync(() => !_crowd.HasOnlyOne);

        await Ends(_lookout.PollForResponse);
        await stop.CancelAsync();
        await others;
    }

    [Fact]
    public async Task A_tunnel_is_alone_again_when_the_other_is_silent()
    {
        long one = 0, two = 0;
        for (var turn = 0; turn < 1000; turn++) _crowd.MarkActive(ref one);
        Assert.True(_crowd.HasOnlyOne);

        await Eventually.IsTrueAsync(() =>
        {
            _crowd.MarkActive(ref one);
            _crowd.MarkActive(ref two);
            return !_crowd.HasOnlyOne;
        });
        await Eventually.IsTrueAsync(() =>
        {
            _crowd.MarkActive(ref one);
            return _crowd.HasOnlyOne;
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
