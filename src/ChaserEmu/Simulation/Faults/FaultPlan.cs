using System.Collections.Immutable;
using ChaserEmu.Domain;

namespace ChaserEmu.Simulation.Faults;

/// <summary>
/// The rules in force. At each occurrence they are asked in order, and the first that fires has it; one that matches but does not
/// fire (another is the nth, it is used up, chance is against it) leaves it to the next. Rules of a site that has none cost one volatile read.
/// </summary>
internal sealed partial class FaultPlan(Chance chance, ILogger<FaultPlan> logger) : IResettable
{
    private readonly Lock _gate = new();
    private volatile FaultRules _rules = FaultRules.None;
    private long _lastNumber;

    private readonly Listeners _changed = new();

    /// <summary>Raised after rules were added or deleted. Who listened first is told first, and may have the rule.</summary>
    public event Action Changed
    {
        add => _changed.Add(value);
        remove => _changed.Remove(value);
    }

    /// <summary>Raised when a rule has fired.</summary>
    public event Action<FaultRule>? Fired;

    /// <summary>The rules as they stand; another object after every change.</summary>
    public FaultRules Rules => _rules;

    /// <summary>Puts all of the drafts in force at once, after the rules that are there.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<FaultDraft> drafts) => Add([.. drafts.Select(draft => new RememberedFault(draft, 0, 0))]);

    /// <summary>Puts rules in force that were so before, where they stood.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<RememberedFault> remembered)
    {
        ImmutableArray<FaultRule> added;
        lock (_gate)
        {
            added = [.. remembered.Select(rule => new FaultRule(++_lastNumber, rule.Draft, rule.Matched, rule.Fired))];
            _rules = new FaultRules([.. _rules.InOrder, .. added]);
        }

        _changed.Tell();
        return added;
    }

    public FaultRule? Find(string id) => _rules.InOrder.FirstOrDefault(rule => rule.Id == id);

    /// <summary>Takes rules out of force, and lets go on what they hold; says how many there were.</summary>
    public int Remove(Func<FaultRule, bool> which)
    {
        ImmutableArray<FaultRule> removed;
        lock (_gate)
        {
            removed = [.. _rules.InOrder.Where(which)];
            if (removed.IsEmpty) return 0;
            _rules = new FaultRules([.. _rules.InOrder.Except(removed)]);
        }

        foreach (var rule in removed) rule.Remove();
        _changed.Tell();
        return removed.Length;
    }

    public void Reset(WorkspaceId? workspace) => Remove(rule => workspace is null || rule.Draft.Workspace == workspace);

    /// <summary>The rule that fires at this occurrence, if any does.</summary>
    public FaultRule? Take(FaultSite site, in FaultSubject subject)
    {
        var asked = 0L;
        return Take(site, subject, ref asked);
    }

    /// <summary>As above, for what lasts (a session, a connection) and meets rules that are added meanwhile: each rule is asked once.</summary>
    /// <param name="site">Where it happens.</param>
    /// <param name="subject">What happens.</param>
    /// <param name="asked">The number of the last rule that was asked; 0 at first.</param>
    public FaultRule? Take(FaultSite site, in FaultSubject subject, ref long asked) =>
        _rules.At(site).IsEmpty ? null : TakeFirst(site, subject, ref asked);

    private FaultRule? TakeFirst(FaultSite site, in FaultSubject subject, ref long asked)
    {
        FaultRule? taken = null;
        lock (_gate)
        {
            foreach (var rule in _rules.At(site))
            {
                if (rule.Number <= asked) continue;
                asked = rule.Number;
                if (!rule.Take(subject, chance)) continue;
                taken = rule;
                break;
            }
        }

        if (taken is { Effect.StrikesLater: false }) Tell(taken, subject);
        return taken;
    }

    /// <summary>A rule strikes what it had taken hold of.</summary>
    public void Fire(FaultRule rule, in FaultSubject subject)
    {
        rule.Fire();
        Tell(rule, subject);
    }

    private void Tell(FaultRule fired, in FaultSubject subject)
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
internal sealed class FaultRules(ImmutableArray<FaultRule> inOrder)
{
    public static readonly FaultRules None = new([]);

    private readonly ImmutableArray<FaultRule>[] _bySite =
        [.. Enum.GetValues<FaultSite>().Select(site => inOrder.Where(rule => rule.Effect.Site == site).ToImmutableArray())];

    public ImmutableArray<FaultRule> InOrder => inOrder;

    public ImmutableArray<FaultRule> At(FaultSite site) => _bySite[(int)site];
}
