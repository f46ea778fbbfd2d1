using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Journal;

/// <summary>Something that is remembered.</summary>
internal interface IJournalEntry
{
    /// <summary>Rises with each entry of whatever kind; 1 is the first. The journal sets it when it takes the entry.</summary>
    long Sequence { get; set; }

    /// <summary>Whose it is; nobody's is a call that was refused for its key.</summary>
    WorkspaceId? Workspace { get; }

    /// <summary>The id of the key that it was made with; null without one, or where that is not recorded.</summary>
    string? KeyId { get; }

    /// <summary>What <see cref="JournalFilter{TEntry}.Body"/> is compared with, as text.</summary>
    string? Body { get; }

    /// <summary>There was a body, and it was not kept.</summary>
    bool BodyOmitted { get; }

    /// <summary>Roughly the bytes that it takes to keep it.</summary>
    int Size { get; }
}

/// <summary>Numbers the entries of all kinds, so that their order among one another can be told.</summary>
internal sealed class JournalSequence
{
    private long _last;

    /// <summary>That of the newest entry; 0 when there never was one.</summary>
    public long Last => Volatile.Read(ref _last);

    public long Next() => Interlocked.Increment(ref _last);
}

/// <summary>What a query found.</summary>
/// <param name="Entries">Oldest first.</param>
/// <param name="Evicted">How many that may have been looked for are forgotten for want of room: 0 means that nothing is missing.</param>
/// <param name="Unknown">How many would fit, but for a body that was not kept.</param>
internal sealed record JournalQueryResult<TEntry>(IReadOnlyList<TEntry> Entries, long Evicted, int Unknown);

/// <summary>The last so many entries of a kind. It knows what it has forgotten, and says so rather than miscount.</summary>
internal abstract class BoundedJournal<TEntry>(int capacity, JournalSequence sequence) : IResettable
    where TEntry : class, IJournalEntry
{
    /// <summary>Of bodies, in bytes; longer ones are not kept.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    private const long LargestJournal = 64L * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<TEntry> _entries = [];
    private readonly Dictionary<(WorkspaceId? Workspace, string? KeyId), Evictions> _evicted = [];
    private long _size;

    /// <summary>The sequence of the newest entry of all journals: what comes after it is new.</summary>
    public long Newest => sequence.Last;

    /// <summary>Takes an entry, numbers it, and forgets the oldest where there is no room for it.</summary>
    public void Add(TEntry entry)
    {
        lock (_gate)
        {
            entry.Sequence = sequence.Next();
            _entries.Enqueue(entry);
            _size += entry.Size;
            while (_entries.Count > capacity || _size > LargestJournal) Evict();
        }
    }

    /// <summary>The entries that fit and came after <paramref name="since"/>, oldest first.</summary>
    public JournalQueryResult<TEntry> Find(JournalFilter<TEntry> filter, long since)
    {
        lock (_gate)
        {
            var after = _entries.Where(entry => entry.Sequence > since).ToList();
            return new JournalQueryResult<TEntry>(
                after.FindAll(filter.Matches),
                _evicted.Where(evicted => filter.CanMatchOwner(evicted.Key.Workspace, evicted.Key.KeyId)).Sum(evicted => evicted.Value.Since(since)),
                after.Count(filter.MatchesExceptBody));
        }
    }

    /// <summary>Up to <paramref name="count"/> entries after <paramref name="since"/> that nearly fit, the nearest first.</summary>
    public IReadOnlyList<(TEntry Entry, IReadOnlyList<Difference> Differences)> FindClosest(JournalFilter<TEntry> filter, long since, int count)
    {
        lock (_gate)
        {
            return [.. _entries.Where(entry => entry.Sequence > since)
                .Select(entry => (Entry: entry, Differences: (IReadOnlyList<Difference>)[.. filter.GetDifferences(entry)]))
                .Where(near => near.Differences.Count > 0)
                .OrderBy(near => near.Differences.Count).ThenByDescending(near => near.Differences.Sum(difference => difference.CommonPrefixLength)).ThenByDescending(near => near.Entry.Sequence)
                .Take(count)];
        }
    }

    public virtual void Reset(WorkspaceId? workspace) => Clear(workspace);

    /// <summary>Forgets a workspace's entries, or all; what is forgotten so is not missed.</summary>
    public void Clear(WorkspaceId? workspace)
    {
        lock (_gate)
        {
            if (workspace is null)
            {
                _entries.Clear();
                _evicted.Clear();
                _size = 0;
                return;
            }

            for (var rest = _entries.Count; rest > 0; rest--)
            {
                var entry = _entries.Dequeue();
                if (entry.Workspace == workspace) _size -= entry.Size;
                else _entries.Enqueue(entry);
            }

            foreach (var gone in _evicted.Keys.Where(whose => whose.Workspace == workspace).ToList()) _evicted.Remove(gone);
        }
    }

    private void Evict()
    {
        var oldest = _entries.Dequeue();
        _size -= oldest.Size;
        var whose = (oldest.Workspace, oldest.KeyId);
        if (!_evicted.TryGetValue(whose, out var evictions)) _evicted[whose] = evictions = new Evictions();
        evictions.Add(oldest.Sequence);
    }

    /// <summary>What was evicted of one key of a workspace. Their sequences are not kept: after a sequence that was evicted itself, all that were evicted may count.</summary>
    private sealed class Evictions
    {
        private long _count;
        private long _last;

        public void Add(long sequence) => (_count, _last) = (_count + 1, sequence);

        public long Since(long sequence) => _last > sequence ? Math.Min(_count, _last - sequence) : 0;
    }
}
