using System.Collections.Immutable;
using System.Runtime.InteropServices;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Time;

namespace ChaserEmu.Faults;

/// <summary>
/// Holds the fault rules. At each occurrence they are tried in order, and only the first that fires applies. A rule that matches
/// but does not fire (because of <c>nth</c>, <c>count</c> or <c>probability</c>) leaves the occurrence to the next rule.
/// </summary>
internal sealed partial class FaultRegistry(RandomSource random, EmulatedClock clock, EventFeed events, ILogger<FaultRegistry> logger) : IResettable
{
    private readonly Lock _lock = new();

    /// <summary>All rules and the rules of each site, in order. Changed in place under the lock, so that adding a rule does not copy the others.</summary>
    private readonly FaultRuleList _rules = new();
    private ImmutableArray<FaultRule>? _snapshot;
    private long _lastNumber;

    private readonly CallbackList _changed = new();

    /// <summary>Raised after rules were added, deleted, enabled or disabled. Handlers run in the order of registration, so the oldest session gets a new rule.</summary>
    public event Action Changed
    {
        add => _changed.Add(value);
        remove => _changed.Remove(value);
    }

    /// <summary>Gets a snapshot of the current rules, in order.</summary>
    public ImmutableArray<FaultRule> Rules
    {
        get { lock (_lock) return _snapshot ??= [.. _rules.All]; }
    }

    /// <summary>Returns whether a site has enabled rules. Does not take the lock.</summary>
    public bool HasRules(FaultSite site) => _rules.HasAny(site);

    /// <summary>Adds rules after the existing ones, all at once.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<FaultDefinition> definitions) => Add([.. definitions.Select(definition => new SavedFaultRule(definition, 0, 0))]);

    /// <summary>Adds saved rules with their counters.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<SavedFaultRule> saved)
    {
        ImmutableArray<FaultRule> added;
        lock (_lock)
        {
            added = [.. saved.Select(rule => new FaultRule(++_lastNumber, rule.Definition, rule.Matched, rule.Fired))];
            _rules.Add(added);
            _snapshot = null;
        }

        _changed.InvokeAll();
        return added;
    }

    public FaultRule? Find(string id)
    {
        lock (_lock) return _rules.Find(id);
    }

    /// <summary>
    /// Enables or disables a rule. A disabled rule is not applied, and what it stalls or freezes is released. An enabled one is tried as if it was
    /// added now: last, and by open sessions and connections too. Returns the rule, or null if there is none with this id.
    /// </summary>
    public FaultRule? SetEnabled(string id, bool isEnabled)
    {
        FaultRule rule, changed;
        lock (_lock)
        {
            if (_rules.Find(id) is not { } found) return null;
            if (found.Definition.IsEnabled == isEnabled) return found;
            rule = found;
            changed = rule.With(isEnabled, isEnabled ? ++_lastNumber : rule.Number);
            _rules.Replace(rule, changed);
            _snapshot = null;
        }

        rule.MarkRemoved();
        _changed.InvokeAll();
        return changed;
    }

    /// <summary>Removes rules and releases what they stall or freeze. Returns how many were removed.</summary>
    public int Remove(Func<FaultRule, bool> predicate)
    {
        ImmutableArray<FaultRule> removed;
        lock (_lock)
        {
            removed = _rules.RemoveAll(predicate);
            if (removed.IsEmpty) return 0;
            _snapshot = null;
        }

        foreach (var rule in removed) rule.MarkRemoved();
        _changed.InvokeAll();
        return removed.Length;
    }

    public void Reset(WorkspaceId? workspace) => Remove(rule => workspace is null || rule.Definition.Workspace == workspace);

    /// <summary>Returns the rule that applies to this occurrence, or null.</summary>
    public FaultRule? Acquire(FaultSite site, in FaultContext context)
    {
        var lastNumber = 0L;
        return Acquire(site, context, ref lastNumber);
    }

    /// <summary>Returns the rule that applies to a session or connection. Repeated calls try only rules that were added since the last call.</summary>
    /// <param name="site">The fault site.</param>
    /// <param name="context">The facts to match.</param>
    /// <param name="lastNumber">The number of the last rule that was tried; 0 at first.</param>
    public FaultRule? Acquire(FaultSite site, in FaultContext context, ref long lastNumber) =>
        HasRules(site) ? AcquireFirst(site, context, ref lastNumber) : null;

    private FaultRule? AcquireFirst(FaultSite site, in FaultContext context, ref long lastNumber)
    {
        FaultRule? acquired = null;
        lock (_lock)
        {
            foreach (var rule in _rules.GetAfter(site, lastNumber))
            {
                lastNumber = rule.Number;
                if (!rule.TryAcquire(context, random)) continue;
                acquired = rule;
                break;
            }
        }

        if (acquired is { Fault.IsDeferred: false }) ReportFired(acquired, context);
        return acquired;
    }

    /// <summary>Counts and reports that a deferred rule fires.</summary>
    public void Fire(FaultRule rule, in FaultContext context)
    {
        rule.RecordFired();
        ReportFired(rule, context);
    }

    private void ReportFired(FaultRule fired, in FaultContext context)
    {
        if (context.Session is { } session) LogFired(logger, fired.Id, fired.Effect.Kind, session);
        else LogFiredAtCall(logger, fired.Id, fired.Effect.Kind, context.Method, context.Path);
        events.Publish(new FaultEvent(fired.Id, fired.Effect.Kind, fired.Fired, context.Workspace.Value, context.Session?.ToString(), context.Method, context.Path, context.Host)
        {
            At = clock.GetUtcNow(),
            RealAt = TimeProvider.System.GetUtcNow(),
        });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Fault {Rule} fired: effect={Effect} session={Session}")]
    private static partial void LogFired(ILogger logger, string rule, string effect, SessionId session);

    [LoggerMessage(Level = LogLevel.Information, Message = "Fault {Rule} fired: effect={Effect} method={Method} path={Path}")]
    private static partial void LogFiredAtCall(ILogger logger, string rule, string effect, string? method, string? path);
}

/// <summary>Rules in order: all of them, the enabled ones of each site, and by id. Not thread-safe, except <see cref="HasAny"/>.</summary>
internal sealed class FaultRuleList
{
    private readonly List<FaultRule> _all = [];
    private readonly List<FaultRule>[] _bySite = [.. Enum.GetValues<FaultSite>().Select(_ => new List<FaultRule>())];
    private readonly Dictionary<string, FaultRule> _byId = [];

    public IReadOnlyList<FaultRule> All => _all;

    public bool HasAny(FaultSite site) => _bySite[(int)site].Count > 0;

    public FaultRule? Find(string id) => _byId.GetValueOrDefault(id);

    /// <summary>Returns the rules of a site whose numbers are higher than <paramref name="number"/>.</summary>
    public ReadOnlySpan<FaultRule> GetAfter(FaultSite site, long number)
    {
        var rules = CollectionsMarshal.AsSpan(_bySite[(int)site]);
        var (first, end) = (0, rules.Length);
        while (first < end)
        {
            var middle = (first + end) / 2;
            if (rules[middle].Number > number) end = middle;
            else first = middle + 1;
        }

        return rules[first..];
    }

    public void Add(ImmutableArray<FaultRule> rules)
    {
        foreach (var rule in rules)
        {
            _all.Add(rule);
            if (rule.Definition.IsEnabled) _bySite[(int)rule.Fault.Site].Add(rule);
            _byId.Add(rule.Id, rule);
        }
    }

    /// <summary>Replaces a rule by its enabled form, which becomes the last one, or by its disabled form in the same place.</summary>
    public void Replace(FaultRule rule, FaultRule changed)
    {
        if (changed.Definition.IsEnabled)
        {
            _all.Remove(rule);
            _byId.Remove(rule.Id);
            Add([changed]);
            return;
        }

        _all[_all.IndexOf(rule)] = changed;
        _byId[rule.Id] = changed;
        _bySite[(int)rule.Fault.Site].Remove(rule);
    }

    /// <summary>Removes rules and returns them, in order.</summary>
    public ImmutableArray<FaultRule> RemoveAll(Func<FaultRule, bool> predicate)
    {
        ImmutableArray<FaultRule> removed = [.. _all.Where(predicate)];
        if (removed.IsEmpty) return removed;
        foreach (var rule in removed) _byId.Remove(rule.Id);
        _all.RemoveAll(rule => !_byId.ContainsKey(rule.Id));
        foreach (var rules in _bySite) rules.RemoveAll(rule => !_byId.ContainsKey(rule.Id));
        return removed;
    }
}
