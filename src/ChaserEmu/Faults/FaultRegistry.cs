using System.Collections.Immutable;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Faults;

/// <summary>
/// The rules in force. At each occurrence they are asked in order, and the first that fires has it; one that matches but does not
/// fire (another is the nth, it is used up, chance is against it) leaves it to the next. Rules of a site that has none cost one volatile read.
/// </summary>
internal sealed partial class FaultRegistry(RandomSource chance, ILogger<FaultRegistry> logger) : IResettable
{
    private readonly Lock _gate = new();
    private volatile FaultRuleSnapshot _rules = FaultRuleSnapshot.Empty;
    private long _lastNumber;

    private readonly CallbackList _changed = new();

    /// <summary>Raised after rules were added or deleted. Who listened first is told first, and may have the rule.</summary>
    public event Action Changed
    {
        add => _changed.Add(value);
        remove => _changed.Remove(value);
    }

    /// <summary>Raised when a rule has fired.</summary>
    public event Action<FaultRule>? Fired;

    /// <summary>The rules as they stand; another object after every change.</summary>
    public FaultRuleSnapshot Rules => _rules;

    /// <summary>Puts all of the drafts in force at once, after the rules that are there.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<FaultDefinition> drafts) => Add([.. drafts.Select(draft => new SavedFaultRule(draft, 0, 0))]);

    /// <summary>Puts rules in force that were so before, where they stood.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<SavedFaultRule> remembered)
    {
        ImmutableArray<FaultRule> added;
        lock (_gate)
        {
            added = [.. remembered.Select(rule => new FaultRule(++_lastNumber, rule.Definition, rule.Matched, rule.Fired))];
            _rules = new FaultRuleSnapshot([.. _rules.All, .. added]);
        }

        _changed.InvokeAll();
        return added;
    }

    public FaultRule? Find(string id) => _rules.All.FirstOrDefault(rule => rule.Id == id);

    /// <summary>Takes rules out of force, and lets go on what they hold; says how many there were.</summary>
    public int Remove(Func<FaultRule, bool> which)
    {
        ImmutableArray<FaultRule> removed;
        lock (_gate)
        {
            removed = [.. _rules.All.Where(which)];
            if (removed.IsEmpty) return 0;
            _rules = new FaultRuleSnapshot([.. _rules.All.Except(removed)]);
        }

        foreach (var rule in removed) rule.MarkRemoved();
        _changed.InvokeAll();
        return removed.Length;
    }

    public void Reset(WorkspaceId? workspace) => Remove(rule => workspace is null || rule.Definition.Workspace == workspace);

    /// <summary>The rule that fires at this occurrence, if any does.</summary>
    public FaultRule? Acquire(FaultSite site, in FaultContext subject)
    {
        var asked = 0L;
        return Acquire(site, subject, ref asked);
    }

    /// <summary>As above, for what lasts (a session, a connection) and meets rules that are added meanwhile: each rule is asked once.</summary>
    /// <param name="site">Where it happens.</param>
    /// <param name="subject">What happens.</param>
    /// <param name="asked">The number of the last rule that was asked; 0 at first.</param>
    public FaultRule? Acquire(FaultSite site, in FaultContext subject, ref long asked) =>
        _rules.GetBySite(site).IsEmpty ? null : TakeFirst(site, subject, ref asked);

    private FaultRule? TakeFirst(FaultSite site, in FaultContext subject, ref long asked)
    {
        FaultRule? taken = null;
        lock (_gate)
        {
            foreach (var rule in _rules.GetBySite(site))
            {
                if (rule.Number <= asked) continue;
                asked = rule.Number;
                if (!rule.TryAcquire(subject, chance)) continue;
                taken = rule;
                break;
            }
        }

        if (taken is { Effect.IsDeferred: false }) Tell(taken, subject);
        return taken;
    }

    /// <summary>A rule strikes what it had taken hold of.</summary>
    public void Fire(FaultRule rule, in FaultContext subject)
    {
        rule.RecordFired();
        Tell(rule, subject);
    }

    private void Tell(FaultRule fired, in FaultContext subject)
    {
        if (subject.Session is { } session) LogFired(logger, fired.Id, fired.Effect.Kind, session);
        else LogFiredAtCall(logger, fired.Id, fired.Effect.Kind, subject.Method, subject.Path);
        Fired?.Invoke(fired);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Fault {Rule} ({Effect}) fires for {Session}")]
    private static partial void LogFired(ILogger logger, string rule, string effect, SessionId session);

    /// <summary>Where no session is named, there is always a call.</summary>
    [LoggerMessage(Level = LogLevel.Information, Message = "Fault {Rule} ({Effect}) fires for {Method} {Path}")]
    private static partial void LogFiredAtCall(ILogger logger, string rule, string effect, string? method, string? path);
}

/// <summary>All rules of a moment, in order, and by site.</summary>
internal sealed class FaultRuleSnapshot(ImmutableArray<FaultRule> inOrder)
{
    public static readonly FaultRuleSnapshot Empty = new([]);

    private readonly ImmutableArray<FaultRule>[] _bySite =
        [.. Enum.GetValues<FaultSite>().Select(site => inOrder.Where(rule => rule.Effect.Site == site).ToImmutableArray())];

    public ImmutableArray<FaultRule> All => inOrder;

    public ImmutableArray<FaultRule> GetBySite(FaultSite site) => _bySite[(int)site];
}
