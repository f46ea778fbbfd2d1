using System.Runtime.CompilerServices;

namespace ChaserEmu.Events;

/// <summary>An event for a follower.</summary>
/// <param name="Id">The id. Follow after it to go on later.</param>
/// <param name="Event">The event; null if events after the follower's last one were evicted.</param>
internal readonly record struct FollowedEvent(long Id, EmulatorEvent? Event);

/// <summary>
/// Publishes what happens in the emulator, and keeps the newest events for followers. A publisher never waits: a follower that is too slow
/// loses events and is told so. Without followers, publishing stores a reference.
/// </summary>
/// <param name="capacity">The number of events to keep.</param>
/// <param name="start">The time of the start. The ids begin with it, so they increase across restarts.</param>
internal sealed class EventFeed(int capacity, DateTimeOffset start)
{
    /// <summary>Follow after this id to get all events that are kept.</summary>
    public const long All = 0;

    /// <summary>How many events a follower takes at once. Publishers wait for the lock meanwhile.</summary>
    private const int MaxBatch = 256;

    private readonly Lock _lock = new();
    private readonly EmulatorEvent[] _ring = new EmulatorEvent[capacity];
    private readonly long _first = start.ToUnixTimeMilliseconds() * 1_000;
    private long _published;

    /// <summary>Completes at the next event; null if no follower waits.</summary>
    private TaskCompletionSource? _next;

    /// <summary>Raised for each event, on the thread of its publisher: for code that must miss none. Handlers must return at once.</summary>
    public event Action<EmulatorEvent>? Published;

    /// <summary>Gets the id of the newest event. Follow after it to get only new events.</summary>
    public long Newest
    {
        get { lock (_lock) return _first + _published - 1; }
    }

    public void Publish(EmulatorEvent published)
    {
        TaskCompletionSource? waiting;
        lock (_lock)
        {
            _ring[_published++ % _ring.Length] = published;
            (waiting, _next) = (_next, null);
        }

        waiting?.SetResult();
        Published?.Invoke(published);
    }

    /// <summary>Returns the events after an id, then each new one. If events after the id were evicted, says so first. Ends when canceled.</summary>
    public async IAsyncEnumerable<FollowedEvent> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var batch = new List<FollowedEvent>();
        var last = after;
        while (!cancellationToken.IsCancellationRequested)
        {
            if (Read(last, batch) is { } next)
            {
                await next.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            foreach (var followed in batch) yield return followed;
            last = batch[^1].Id;
        }
    }

    /// <summary>Reads the events after an id into <paramref name="batch"/>. If there is none, returns a task that completes at the next one.</summary>
    private Task? Read(long after, List<FollowedEvent> batch)
    {
        batch.Clear();
        lock (_lock)
        {
            var (oldest, newest) = (_first + Math.Max(0, _published - _ring.Length), _first + _published - 1);
            if (after == All) after = _first - 1;

            // An id of another run is lower than those of this run, or higher if the time of the machine was set back.
            if (after < oldest - 1 || after > newest) batch.Add(new FollowedEvent(after = oldest - 1, null));
            for (var id = after + 1; id <= newest && batch.Count < MaxBatch; id++) batch.Add(new FollowedEvent(id, _ring[(id - _first) % _ring.Length]));
            return batch.Count > 0 ? null : (_next ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }
}
