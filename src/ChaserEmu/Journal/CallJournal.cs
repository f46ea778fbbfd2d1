using ChaserEmu.Domain;
using ChaserEmu.Settings;
using ChaserEmu.Simulation;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Journal;

/// <summary>Settings under <c>Journal</c>.</summary>
internal sealed class JournalOptions : ISettings
{
    public static string Section => "Journal";

    /// <summary>Calls that are remembered; beyond it the oldest are forgotten. 0 remembers none.</summary>
    public int Capacity { get; set; } = 10_000;

    public IEnumerable<string> Faults()
    {
        if (Capacity < 0) yield return $"Journal:Capacity is {Capacity}, but must be 0 (remember nothing) or more.";
    }
}

/// <summary>What a query found.</summary>
/// <param name="Entries">Oldest first.</param>
/// <param name="Evicted">How many that may have been looked for are forgotten for want of room: 0 means that nothing is missing.</param>
internal sealed record JournalFindings(IReadOnlyList<JournalEntry> Entries, long Evicted);

/// <summary>The calls of the API, the last so many of them. It knows what it has forgotten, and says so rather than miscount.</summary>
internal sealed class CallJournal(IOptions<JournalOptions> options) : IResettable
{
    /// <summary>Of bodies, in bytes; longer ones are not kept.</summary>
    public const int LargestBody = 16 * 1024;

    private const long LargestJournal = 64L * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly LinkedList<JournalEntry> _entries = [];
    private readonly Dictionary<WorkspaceId, Evictions> _evicted = [];
    private long _sequence;
    private long _size;

    public bool IsOn => options.Value.Capacity > 0;

    /// <summary>The sequence of the newest entry; 0 when there never was one.</summary>
    public long Newest
    {
        get { lock (_gate) return _sequence; }
    }

    public void Add(JournalEntry entry)
    {
        lock (_gate)
        {
            entry.Sequence = ++_sequence;
            _entries.AddLast(entry);
            _size += entry.Size;
            while (_entries.Count > options.Value.Capacity || _size > LargestJournal) Evict();
        }
    }

    /// <summary>The entries that fit and came after <paramref name="since"/>, oldest first.</summary>
    public JournalFindings Find(JournalMatch match, long since)
    {
        lock (_gate)
        {
            return new JournalFindings(
                [.. _entries.Where(entry => entry.Sequence > since && match.Fits(entry))],
                _evicted.Where(evicted => match.Workspace is null || evicted.Key.Value == match.Workspace || evicted.Key == Nobody)
                    .Sum(evicted => evicted.Value.Since(since)));
        }
    }

    /// <summary>Up to <paramref name="count"/> entries after <paramref name="since"/> that nearly fit, the nearest first.</summary>
    public IReadOnlyList<(JournalEntry Entry, IReadOnlyList<Difference> Differences)> Closest(JournalMatch match, long since, int count)
    {
        lock (_gate)
        {
            return [.. _entries.Where(entry => entry.Sequence > since)
                .Select(entry => (Entry: entry, Differences: (IReadOnlyList<Difference>)[.. match.Differences(entry)]))
                .Where(near => near.Differences.Count > 0)
                .OrderBy(near => near.Differences.Count).ThenByDescending(near => near.Entry.Sequence)
                .Take(count)];
        }
    }

    /// <summary>Forgets a workspace's calls, or all; what is forgotten so is not missed.</summary>
    public void Reset(WorkspaceId? workspace)
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

            for (var node = _entries.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Workspace == workspace) Remove(node);
                node = next;
            }

            _evicted.Remove(workspace.Value);
        }
    }

    /// <summary>Calls that were refused for their key belong to no workspace.</summary>
    private static WorkspaceId Nobody => new("");

    private void Evict()
    {
        var oldest = _entries.First!;
        var workspace = oldest.Value.Workspace ?? Nobody;
        if (!_evicted.TryGetValue(workspace, out var evictions)) _evicted[workspace] = evictions = new Evictions();
        evictions.Add(oldest.Value.Sequence);
        Remove(oldest);
    }

    private void Remove(LinkedListNode<JournalEntry> node)
    {
        _size -= node.Value.Size;
        _entries.Remove(node);
    }

    /// <summary>What was evicted of one workspace. Their sequences are not kept: after a sequence that was evicted itself, all that were evicted may count.</summary>
    private sealed class Evictions
    {
        private long _count;
        private long _last;

        public void Add(long sequence) => (_count, _last) = (_count + 1, sequence);

        public long Since(long sequence) => _last > sequence ? Math.Min(_count, _last - sequence) : 0;
    }
}
