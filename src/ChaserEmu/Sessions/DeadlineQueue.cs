using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>When each live session is next due, in order. There is one entry a session at the most.</summary>
internal sealed class DeadlineQueue
{
    private readonly Lock _gate = new();
    private readonly SortedSet<Entry> _order = [];
    private readonly Dictionary<SessionId, Entry> _entries = [];
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private DateTimeOffset _awaited = DateTimeOffset.MaxValue;

    /// <summary>Says when a session is next due; null takes it off.</summary>
    public void Set(LiveSession session, DateTimeOffset? due)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(session.Id, out var old) && old.Due == due) return;
            if (old is not null) Remove(old);
            if (due is { } at)
            {
                var entry = new Entry(at, session.Id, session);
                _entries.Add(session.Id, entry);
                _order.Add(entry);
                if (at < _awaited) Signal();
            }
        }
    }

    public bool TryPeek(out DateTimeOffset due, [NotNullWhen(true)] out LiveSession? session)
    {
        lock (_gate)
        {
            var first = _order.Min;
            (due, session) = (first?.Due ?? default, first?.Session);
            return first is not null;
        }
    }

    /// <summary>
    /// The earliest deadline, for who is going to sleep until then: from here on only an earlier one wakes. A session's moves with each
    /// client that comes or goes, nearly always away.
    /// </summary>
    public DateTimeOffset? GetNextAndArm()
    {
        lock (_gate)
        {
            var due = _order.Min?.Due;
            _awaited = due ?? DateTimeOffset.MaxValue;
            return due;
        }
    }

    /// <summary>Wakes who waits: what it waits for may come sooner.</summary>
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
