using System.Net.Sockets;
using ChaserEmu.Transport;

namespace ChaserEmu.Tests.Transport;

/// <summary>The clock of these tests stands still, so a poller that polls does so until there is something to read.</summary>
public sealed class BusyPollerTests : IDisposable
{
    private readonly ActiveTunnels _tunnels = new();
    private readonly CountingTimeProvider _time = new();
    private readonly BusyPoller _poller;
    private readonly SocketPair _client = new();
    private readonly SocketPair _browser = new();

    public BusyPollerTests()
    {
        _time.Advance(seconds: 1);
        _poller = new BusyPoller(_client.Near, _browser.Near, _tunnels, _time);
    }

    public void Dispose()
    {
        _client.Dispose();
        _browser.Dispose();
    }

    [FactWithCores(2)]
    public async Task It_polls_for_an_answer_if_the_last_answer_was_fast()
    {
        _poller.PollForResponse();
        _poller.OnResponse();

        await AssertPollsUntilAsync(_poller.PollForResponse, () => _browser.Far.Send(new byte[1]));
    }

    [FactWithCores(2)]
    public async Task It_polls_for_a_call_if_the_last_call_was_fast()
    {
        _poller.PollForCommand();
        _poller.OnCommand();

        await AssertPollsUntilAsync(_poller.PollForCommand, () => _client.Far.Send(new byte[1]));
    }

    [FactWithCores(2)]
    public async Task Data_from_the_other_end_or_a_closed_connection_stops_polling()
    {
        _poller.PollForResponse();
        _poller.OnResponse();
        await AssertPollsUntilAsync(_poller.PollForResponse, () => _client.Far.Send(new byte[1]));

        Assert.Equal(1, _client.Near.Receive(new byte[1]));
        await AssertPollsUntilAsync(_poller.PollForResponse, () =>
        {
            _client.Near.Dispose();
            _browser.Near.Dispose();
        });
    }

    [Fact]
    public async Task It_does_not_poll_without_a_fast_last_answer()
    {
        await AssertDoesNotPollAsync();
        _time.Advance(seconds: 1);
        _poller.OnResponse();
        await AssertDoesNotPollAsync();
    }

    [FactWithCores(2)]
    public async Task Unsolicited_events_do_not_affect_polling()
    {
        _poller.OnResponse();
        await AssertDoesNotPollAsync();
        _poller.OnResponse();

        // An event, much later.
        _time.Advance(seconds: 1);
        _poller.OnResponse();
        await AssertPollsUntilAsync(_poller.PollForResponse, () => _browser.Far.Send(new byte[1]));
    }

    [FactWithCores(2)]
    public async Task A_slow_answer_stops_polling()
    {
        _poller.PollForResponse();
        _poller.OnResponse();
        await AssertPollsUntilAsync(_poller.PollForResponse, () => _time.Advance(seconds: 1));

        await AssertDoesNotPollAsync();
    }

    [Fact]
    public async Task It_does_not_poll_while_another_tunnel_is_active()
    {
        _poller.PollForResponse();
        _poller.OnResponse();
        using var stop = new CancellationTokenSource();
        var other = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                long seen = 0;
                _tunnels.MarkActive(ref seen);
            }
        });
        await Eventually.IsTrueAsync(() => !_tunnels.HasOnlyOne);

        await AssertDoesNotPollAsync();
        await stop.CancelAsync();
        await other;
    }

    [Fact]
    public async Task A_tunnel_is_alone_again_when_the_other_is_silent()
    {
        long one = 0, two = 0;
        for (var turn = 0; turn < 1000; turn++) _tunnels.MarkActive(ref one);
        Assert.True(_tunnels.HasOnlyOne);

        await Eventually.IsTrueAsync(() =>
        {
            _tunnels.MarkActive(ref one);
            _tunnels.MarkActive(ref two);
            return !_tunnels.HasOnlyOne;
        });
        await Eventually.IsTrueAsync(() =>
        {
            _tunnels.MarkActive(ref one);
            return _tunnels.HasOnlyOne;
        });
    }

    /// <summary>Each round of polling reads the clock. A call that does not poll reads it once.</summary>
    private async Task AssertPollsUntilAsync(Action poll, Action happens)
    {
        var before = _time.Reads;
        var polling = Task.Run(poll);
        await Eventually.IsTrueAsync(() => polling.IsCompleted || _time.Reads > before + 10);
        Assert.False(polling.IsCompleted);
        happens();
        await polling.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private async Task AssertDoesNotPollAsync()
    {
        var before = _time.Reads;
        await Task.Run(_poller.PollForResponse).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.InRange(_time.Reads - before, 0, 1);
    }

    /// <summary>A clock that moves only when a test sets it, and counts how often it is read.</summary>
    private sealed class CountingTimeProvider : TimeProvider
    {
        private long _ticks;
        private int _reads;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public int Reads => Volatile.Read(ref _reads);

        public void Advance(double seconds) => Interlocked.Add(ref _ticks, TimeSpan.FromSeconds(seconds).Ticks);

        public override long GetTimestamp()
        {
            Interlocked.Increment(ref _reads);
            return Volatile.Read(ref _ticks);
        }
    }
}
