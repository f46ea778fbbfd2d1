using System.Collections.Immutable;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Faults;

/// <summary>
/// Holds the active fault rules. At each occurrence they are tried in order, and only the first that fires applies. A rule that matches
/// but does not fire (because of <c>nth</c>, <c>count</c> or <c>probability</c>) leaves the occurrence to the next rule.
/// </summary>
internal sealed partial class FaultRegistry(RandomSource random, ILogger<FaultRegistry> logger) : IResettable
{
    private readonly Lock _lock = new();
    private volatile FaultRuleSnapshot _rules = FaultRuleSnapshot.Empty;
    private long _lastNumber;

    private readonly CallbackList _changed = new();

    /// <summary>Raised after rules were added or deleted. Handlers run in the order of registration, so the oldest session gets a new rule.</summary>
    public event Action Changed
    {
        add => _changed.Add(value);
        remove => _changed.Remove(value);
    }

    /// <summary>Raised when a rule has fired.</summary>
    public event Action<FaultRule>? Fired;

    /// <summary>Gets the current rules. Each change creates a new snapshot.</summary>
    public FaultRuleSnapshot Rules => _rules;

    /// <summary>Adds rules after the existing ones, all at once.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<FaultDefinition> definitions) => Add([.. definitions.Select(definition => new SavedFaultRule(definition, 0, 0))]);

    /// <summary>Adds saved rules with their counters.</summary>
    public ImmutableArray<FaultRule> Add(IReadOnlyCollection<SavedFaultRule> saved)
    {
        ImmutableArray<FaultRule> added;
        lock (_lock)
        {
            added = [.. saved.Select(rule => new FaultRule(++_lastNumber, rule.Definition, rule.Matched, rule.Fired))];
            _rules = new FaultRuleSnapshot([.. _rules.All, .. added]);
        }

        _changed.InvokeAll();
        return added;
    }

    public FaultRule? Find(string id) => _rules.All.FirstOrDefault(rule => rule.Id == id);

    /// <summary>Removes rules and releases what they stall or freeze. Returns how many were removed.</summary>
    public int Remove(Func<FaultRule, bool> predicate)
    {
        ImmutableArray<FaultRule> removed;
        lock (_lock)
        {
            removed = [.. _rules.All.Where(predicate)];
            if (removed.IsEmpty) return 0;
            _rules = new FaultRuleSnapshot([.. _rules.All.Except(removed)]);
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
        _rules.GetBySite(site).IsEmpty ? null : AcquireFirst(site, context, ref lastNumber);

    private FaultRule? AcquireFirst(FaultSite site, in FaultContext context, ref long lastNumber)
    {
        FaultRule? acquired = null;
        lock (_lock)
        {
            foreach (var rule in _rules.GetBySite(site))
            {
                if (rule.Number <= lastNumber) continue;
                lastNumber = rule.Number;
                if (!rule.TryAcquire(context, random)) continue;
                acquired = rule;
                break;
            }
        }

        if (acquired is { Effect.IsDeferred: false }) ReportFired(acquired, context);
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
        Fired?.Invoke(fired);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Fault {Rule} fired: effect={Effect} session={Session}")]
    private static partial void LogFired(ILogger logger, string rule, string effect, SessionId session);

    [LoggerMessage(Level = LogLevel.Information, Message = "Fault {Rule} fired: effect={Effect} method={Method} path={Path}")]
    private static partial void LogFiredAtCall(ILogger logger, string rule, string effect, string? method, string? path);
}

/// <summary>An immutable list of rules, in order and by site.</summary>
internal sealed class FaultRuleSnapshot(ImmutableArray<FaultRule> all)
{
    public static readonly FaultRuleSnapshot Empty = new([]);

    private readonly ImmutableArray<FaultRule>[] _bySite =
        [.. Enum.GetValues<FaultSite>().Select(site => all.Where(rule => rule.Effect.Site == site).ToImmutableArray())];

    public ImmutableArray<FaultRule> All => all;

    public ImmutableArray<FaultRule> GetBySite(FaultSite site) => _bySite[(int)site];
}
