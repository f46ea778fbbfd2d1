using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Journal;

/// <summary>An entry of a journal.</summary>
internal interface IJournalEntry
{
    /// <summary>The sequence number, shared by the entries of all journals, from 1. The journal sets it when it adds the entry.</summary>
    long Sequence { get; set; }

    /// <summary>The workspace; null for a call without a valid key.</summary>
    WorkspaceId? Workspace { get; }

    /// <summary>The id of the API key; null if there was none, or if the journal does not record keys.</summary>
    string? KeyId { get; }

    /// <summary>The body text that <see cref="JournalFilter{TEntry}.Body"/> is compared with.</summary>
    string? Body { get; }

    /// <summary>Whether there was a body that was not recorded.</summary>
    bool BodyOmitted { get; }

    /// <summary>The approximate memory size in bytes.</summary>
    int Size { get; }
}

/// <summary>Numbers the entries of all journals in one sequence, so that their relative order is known.</summary>
internal sealed class JournalSequence
{
    private long _last;

    /// <summary>Gets the number of the newest entry; 0 if there was none.</summary>
    public long Last => Volatile.Read(ref _last);

    public long Next() => Interlocked.Increment(ref _last);
}

/// <summary>The result of a journal query.</summary>
/// <param name="Entries">The matching entries, oldest first.</param>
/// <param name="Evicted">The number of evicted entries that could have matched; 0 means that the result is complete.</param>
/// <param name="Unknown">The number of entries that match except for a body that was not recorded.</param>
internal sealed record JournalQueryResult<TEntry>(IReadOnlyList<TEntry> Entries, long Evicted, int Unknown);

/// <summary>
/// Keeps the newest entries, up to a capacity and 64 MiB. It counts evicted entries, so that queries can report that their result is incomplete.
/// </summary>
internal abstract class BoundedJournal<TEntry>(int capacity, JournalSequence sequence) : IResettable
    where TEntry : class, IJournalEntry
{
    /// <summary>The size limit of bodies in bytes. Longer bodies are not recorded.</summary>
    public const int MaxBodyBytes = 16 * 1024;

    private const long MaxJournalBytes = 64L * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<TEntry> _entries = [];
    private readonly Dictionary<(WorkspaceId? Workspace, string? KeyId), Evictions> _evicted = [];
    private long _size;

    /// <summary>Gets the sequence number of the newest entry of all journals.</summary>
    public long Newest => sequence.Last;

    /// <summary>Numbers and adds an entry, and evicts the oldest entries if the journal is full.</summary>
    public void Add(TEntry entry)
    {
        lock (_lock)
        {
            entry.Sequence = sequence.Next();
            _entries.Enqueue(entry);
            _size += entry.Size;
            while (_entries.Count > capacity || _size > MaxJournalBytes) Evict();
        }
    }

    /// <summary>Returns the matching entries after <paramref name="since"/>, oldest first.</summary>
    public JournalQueryResult<TEntry> Find(JournalFilter<TEntry> filter, long since)
    {
        lock (_lock)
        {
            var after = _entries.Where(entry => entry.Sequence > since).ToList();
            return new JournalQueryResult<TEntry>(
                after.FindAll(filter.Matches),
                _evicted.Where(evicted => filter.CanMatchOwner(evicted.Key.Workspace, evicted.Key.KeyId)).Sum(evicted => evicted.Value.Since(since)),
                after.Count(filter.MatchesExceptBody));
        }
    }

    /// <summary>Returns up to <paramref name="count"/> entries after <paramref name="since"/> that do not match, the closest first.</summary>
    public IReadOnlyList<(TEntry Entry, IReadOnlyList<NearDifference> Differences)> FindClosest(JournalFilter<TEntry> filter, long since, int count)
    {
        lock (_lock)
        {
            return [.. _entries.Where(entry => entry.Sequence > since)
                .Select(entry => (Entry: entry, Differences: (IReadOnlyList<NearDifference>)[.. filter.GetDifferences(entry)]))
                .Where(near => near.Differences.Count > 0)
                .OrderBy(near => near.Differences.Count).ThenByDescending(near => near.Differences.Sum(GetCommonPrefixLength)).ThenByDescending(near => near.Entry.Sequence)
                .Take(count)];
        }
    }

    public virtual void Reset(WorkspaceId? workspace) => Clear(workspace);

    /// <summary>Removes the entries of a workspace, or all entries. Removed entries do not count as evicted.</summary>
    public void Clear(WorkspaceId? workspace)
    {
        lock (_lock)
        {
            if (workspace is null)
            {
                _entries.Clear();
                _evicted.Clear();
                _size = 0;
                return;
            }

            for (var remaining = _entries.Count; remaining > 0; remaining--)
            {
                var entry = _entries.Dequeue();
                if (entry.Workspace == workspace) _size -= entry.Size;
                else _entries.Enqueue(entry);
            }

            foreach (var owner in _evicted.Keys.Where(key => key.Workspace == workspace).ToList()) _evicted.Remove(owner);
        }
    }

    /// <summary>Returns the length of the common prefix, which ranks near misses: <c>Page.goto</c> is closer to <c>Page.navigate</c> than to <c>DOM.enable</c>.</summary>
    private static int GetCommonPrefixLength(NearDifference difference) => difference.Expected.AsSpan().CommonPrefixLength(difference.Actual);

    private void Evict()
    {
        var oldest = _entries.Dequeue();
        _size -= oldest.Size;
        var owner = (oldest.Workspace, oldest.KeyId);
        if (!_evicted.TryGetValue(owner, out var evictions)) _evicted[owner] = evictions = new Evictions();
        evictions.Add(oldest.Sequence);
    }

    /// <summary>
    /// Counts the evicted entries of one key. Only the last sequence number is kept, so <see cref="Since"/> is an upper bound.
    /// </summary>
    private sealed class Evictions
    {
        private long _count;
        private long _last;

        public void Add(long sequence) => (_count, _last) = (_count + 1, sequence);

        public long Since(long sequence) => _last > sequence ? Math.Min(_count, _last - sequence) : 0;
    }
}
