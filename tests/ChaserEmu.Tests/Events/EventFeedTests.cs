using ChaserEmu.Events;

namespace ChaserEmu.Tests.Events;

/// <summary>The bounded feed of events.</summary>
public sealed class EventFeedTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private static readonly DateTimeOffset Start = new(2026, 6, 13, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_follower_gets_the_events_after_its_id_in_order_and_then_each_new_one()
    {
        var feed = new EventFeed(100, Start);
        feed.Publish(Number(0));
        var after = feed.Newest;
        foreach (var i in Enumerable.Range(1, 3)) feed.Publish(Number(i));
        await using var follower = Follow(feed, after);

        Assert.Equal([1, 2, 3], await TakeAsync(follower, 3));
        var next = follower.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        feed.Publish(Number(4));
        Assert.True(await next.WaitAsync(Timeout, TimeProvider.System));
        Assert.Equal(after + 4, follower.Current.Id);
        Assert.Equal(4, ToNumber(follower.Current));
    }

    [Fact]
    public async Task A_follower_learns_first_that_events_after_its_id_were_evicted()
    {
        var feed = new EventFeed(3, Start);
        var before = feed.Newest;
        foreach (var i in Enumerable.Range(1, 5)) feed.Publish(Number(i));

        await using var late = Follow(feed, before);
        Assert.Equal([null, 3, 4, 5], await TakeAsync(late, 4));
        await using var all = Follow(feed, EventFeed.All);
        Assert.Equal([null, 3, 4, 5], await TakeAsync(all, 4));
        await using var justInTime = Follow(feed, before + 2);
        Assert.Equal([3, 4, 5], await TakeAsync(justInTime, 3));
    }

    [Fact]
    public async Task A_follower_that_is_too_slow_learns_that_it_missed_events_and_can_resume_after_that()
    {
        var feed = new EventFeed(3, Start);
        await using var slow = Follow(feed, feed.Newest);
        feed.Publish(Number(1));
        Assert.Equal([1], await TakeAsync(slow, 1));
        foreach (var i in Enumerable.Range(2, 10)) feed.Publish(Number(i));

        Assert.Equal([null], await TakeAsync(slow, 1));
        await using var resumed = Follow(feed, slow.Current.Id);
        Assert.Equal([9, 10, 11], await TakeAsync(resumed, 3));
        Assert.Equal([9, 10, 11], await TakeAsync(slow, 3));
    }

    [Fact]
    public async Task An_id_of_another_run_counts_as_evicted()
    {
        var earlier = new EventFeed(10, Start.AddMinutes(-1));
        foreach (var i in Enumerable.Range(0, 5)) earlier.Publish(Number(i));
        var later = new EventFeed(10, Start.AddMinutes(1));
        var feed = new EventFeed(10, Start);
        feed.Publish(Number(1));

        foreach (var id in new[] { earlier.Newest, later.Newest })
        {
            await using var follower = Follow(feed, id);
            Assert.Equal([null, 1], await TakeAsync(follower, 2));
        }

        await using var all = Follow(feed, EventFeed.All);
        Assert.Equal([1], await TakeAsync(all, 1));
        Assert.True(earlier.Newest < feed.Newest && feed.Newest < later.Newest);
    }

    [Fact]
    public async Task Concurrent_publishers_never_wait_for_followers_and_no_event_is_lost_or_reordered()
    {
        const int Publishers = 4;
        const int Each = 2_000;
        var feed = new EventFeed(Publishers * Each, Start);
        var heard = 0;
        feed.Published += _ => Interlocked.Increment(ref heard);
        await using var idle = Follow(feed, feed.Newest);
        await using var follower = Follow(feed, feed.Newest);
        var waiting = idle.MoveNextAsync().AsTask();

        await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++) feed.Publish(Number((publisher * Each) + i));
        }))).WaitAsync(Timeout, TimeProvider.System);

        var numbers = await TakeAsync(follower, Publishers * Each);
        Assert.Equal(Publishers * Each, heard);
        foreach (var publisher in Enumerable.Range(0, Publishers))
            Assert.Equal(Enumerable.Range(publisher * Each, Each), numbers.Select(number => number!.Value).Where(number => number / Each == publisher));
        Assert.True(await waiting.WaitAsync(Timeout, TimeProvider.System));
    }

    [Fact]
    public void A_publication_without_followers_allocates_nothing()
    {
        var feed = new EventFeed(100, Start);
        var published = Number(1);
        feed.Publish(published);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++) feed.Publish(published);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public async Task A_follower_ends_when_it_is_canceled()
    {
        var feed = new EventFeed(10, Start);
        using var cancellation = new CancellationTokenSource();
        await using var follower = feed.FollowAsync(feed.Newest, cancellation.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = follower.MoveNextAsync().AsTask();

        await cancellation.CancelAsync();

        Assert.False(await next.WaitAsync(Timeout, TimeProvider.System));
    }

    /// <summary>An event that carries a number.</summary>
    private static ClockEvent Number(int number) => new(number, false) { At = Start, RealAt = Start };

    private static int? ToNumber(FollowedEvent followed) => followed.Event is ClockEvent clock ? (int)clock.Rate : null;

    private static IAsyncEnumerator<FollowedEvent> Follow(EventFeed feed, long after) => feed.FollowAsync(after, CancellationToken.None).GetAsyncEnumerator();

    private static async Task<List<int?>> TakeAsync(IAsyncEnumerator<FollowedEvent> follower, int count)
    {
        var numbers = new List<int?>();
        while (numbers.Count < count)
        {
            Assert.True(await follower.MoveNextAsync().AsTask().WaitAsync(Timeout, TimeProvider.System));
            numbers.Add(ToNumber(follower.Current));
        }

        return numbers;
    }
}
