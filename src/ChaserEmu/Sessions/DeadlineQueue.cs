using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>Holds the next deadline of each live session, earliest first. A session has at most one entry.</summary>
internal sealed class DeadlineQueue
{
    private readonly Lock _lock = new();
    private readonly SortedSet<Entry> _order = [];
    private readonly Dictionary<SessionId, Entry> _entries = [];
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private DateTimeOffset _armedDeadline = DateTimeOffset.MaxValue;

    /// <summary>Sets the next deadline of a session; null removes it.</summary>
    public void Set(LiveSession session, DateTimeOffset? due)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(session.Id, out var old) && old.Due == due) return;
            if (old is not null) Remove(old);
            if (due is { } at)
            {
                var entry = new Entry(at, session.Id, session);
                _entries.Add(session.Id, entry);
                _order.Add(entry);
                if (at < _armedDeadline) Signal();
            }
        }
    }

    public bool TryPeek(out DateTimeOffset due, [NotNullWhen(true)] out LiveSession? session)
    {
        lock (_lock)
        {
            var first = _order.Min;
            (due, session) = (first?.Due ?? default, first?.Session);
            return first is not null;
        }
    }

    /// <summary>
    /// Returns the earliest deadline. From then on <see cref="Set"/> signals only for an earlier one: a deadline moves each time a
    /// client connects or disconnects, nearly always to a later time.
    /// </summary>
    public DateTimeOffset? GetNextAndArm()
    {
        lock (_lock)
        {
            var due = _order.Min?.Due;
            _armedDeadline = due ?? DateTimeOffset.MaxValue;
            return due;
        }
    }

    /// <summary>Wakes the waiter, because the next deadline may be earlier than the one it waits for.</summary>
    public void Signal() => _changes.Writer.TryWrite(true);

    public async Task WaitForSignalAsync(CancellationToken cancellationToken) => await _changes.Reader.ReadAsync(cancellationToken);

    private void Remove(Entry entry)
    {
        _entries.Remove(entry.Id);
        _order.Remove(entry);
    }

    private sealed record Entry(DateTimeOffset Due, SessionId Id, LiveSession Session) : IComparable<Entry>
    {
        public int CompareTo(Entry? other)
        {
            var byTime = Due.CompareTo(other!.Due);
            return byTime != 0 ? byTime : Id.CompareTo(other.Id);
        }
    }
}
